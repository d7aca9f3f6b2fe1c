import ArgumentParser
import CLinux
import Contract
import FoundationEssentials

/// The launcher: on the host it drives pods, inside a pod the same words mean the same.
@main
struct Tazpod: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tazpod",
        abstract: "A pod to work in whose secrets exist only inside an enclave.",
        discussion: """
            Start with: tazpod init && tazpod up && tazpod unlock

            Exit codes: 0 done; 2 usage; 3 the project's files are wrong; 4 the provider or a tool is missing; 5 wrong \
            passphrase or token; 6 the vault is damaged, busy or full; 7 refused for safety; 10 timed out; else the status \
            of the command that was run in the pod.
            """,
        version: tazpodVersion,
        subcommands: [
            InitCommand.self, UpCommand.self, EnterCommand.self, AttachCommand.self, SessionsCommand.self, ExecCommand.self,
            UnlockCommand.self, LockCommand.self, VaultCommand.self, PullCommand.self, LoginCommand.self, EnvCommand.self,
            RunCommand.self, StatusCommand.self, ListCommand.self, LogsCommand.self,
            StopCommand.self, StartCommand.self, DownCommand.self, ManifestCommand.self, DoctorCommand.self,
            SSHConfigCommand.self, CompletionsCommand.self, TerminalCommand.self, SSHServerCommand.self,
        ])

    static func main() async {
        _ = InheritedSignals.mask
        do {
            try GhostOnlyTool.called?.run()
            var command = try VerbParser.parse(Array(CommandLine.arguments.dropFirst()))
            if ControlClient.isInPod, let inside = command as? any PodVerb {
                try inside.runInPod()
            } else if let verb = command as? any GhostVerb, try verb.runDirectly() {
                return
            } else if var asynchronous = command as? any AsyncVerb {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Console.complain(failure.sentence)
            CLinux.exit(failure.code.rawValue)
        } catch let status as PassedStatus {
            CLinux.exit(status.status)
        } catch {
            // The argument parser's own: help and version are no errors, all else is usage.
            let isError = exitCode(for: error) != .success
            let text = fullMessage(for: error)
            if isError { Console.printError(text) } else { Console.printLine(text) }
            CLinux.exit(isError ? ExitCode.usage.rawValue : ExitCode.done.rawValue)
        }
    }
}

/// Ends us with the status of something that we ran.
struct PassedStatus: Error {
    var status: Int32

    init(_ status: Int32) {
        self.status = status
    }

    static func pass(_ status: Int32) throws {
        if status != 0 { throw PassedStatus(status) }
    }
}
