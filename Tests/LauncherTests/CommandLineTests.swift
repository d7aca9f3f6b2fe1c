import ArgumentParser
import Testing

@testable import Launcher

struct CommandLineTests {
    private func parse<Command>(_ line: String, as type: Command.Type = Command.self) throws -> Command {
        try #require(try Tazpod.parseAsRoot(line.split(separator: " ").map { String($0) }) as? Command)
    }

    @Test(
        "Every verb is there",
        arguments: [
            "init", "up", "enter", "ssh", "attach", "sessions", "exec -- ls", "unlock", "lock", "status", "list", "logs", "down",
        ])
    func verbs(line: String) throws {
        #expect(throws: Never.self) { try Tazpod.parseAsRoot(line.split(separator: " ").map { String($0) }) }
    }

    @Test("These verbs mean the same inside a pod", arguments: ["unlock", "lock", "status", "sessions", "attach", "exec -- ls"])
    func podVerbs(line: String) throws {
        let command = try Tazpod.parseAsRoot(line.split(separator: " ").map { String($0) })
        #expect(command is any PodVerb)
    }

    @Test(
        "Every verb takes the options that all have", arguments: ["status", "up", "exec -- ls", "unlock", "lock", "list", "down"])
    func globalOptions(line: String) throws {
        let words = line.split(separator: " ").map { String($0) }
        let global = ["--project", "/p", "--json", "--verbose"]
        #expect(throws: Never.self) { try Tazpod.parseAsRoot([words[0]] + global + words.dropFirst()) }
    }

    @Test("What follows two dashes is the command, options and all")
    func exec() throws {
        let command = try parse("exec --ghost --passphrase-fd 3 -- ls --json -l", as: ExecCommand.self)
        #expect(command.command == ["ls", "--json", "-l"])
        #expect(command.ghost)
        #expect(command.passphraseFd == 3)
        #expect(!command.options.json)
    }

    @Test("unlock runs a command, or only opens")
    func unlock() throws {
        #expect(try parse("unlock -- sh -c true", as: UnlockCommand.self).command == ["sh", "-c", "true"])
        #expect(try parse("unlock --detach", as: UnlockCommand.self).detach)
        #expect(try parse("unlock", as: UnlockCommand.self).command.isEmpty)
    }

    @Test("up takes a provider and a time")
    func up() throws {
        let command = try parse("up --provider native --wait 5 --dry-run", as: UpCommand.self)
        #expect(command.provider == .native)
        #expect(command.waiting.wait == 5)
        #expect(command.dryRun)
        #expect(try parse("up", as: UpCommand.self).provider == nil)
    }

    @Test(
        "attach comes back to a session of one's choice, or to the one that is named",
        arguments: [("attach", nil), ("attach ghost", "ghost")])
    func attach(line: String, session: String?) throws {
        #expect(try parse(line, as: AttachCommand.self).session == session)
    }

    @Test("logs may be followed", arguments: [("logs", false), ("logs -f", true), ("logs --follow", true)])
    func logs(line: String, follow: Bool) throws {
        #expect(try parse(line, as: LogsCommand.self).follow == follow)
    }

    @Test("init begins with an image", arguments: [("init", ProjectTemplate.Vertical.base), ("init k8s", .k8s)])
    func initialize(line: String, vertical: ProjectTemplate.Vertical) throws {
        #expect(try parse(line, as: InitCommand.self).vertical == vertical)
    }

    @Test(
        "A wrong command line is refused",
        arguments: [
            "frobnicate", "exec", "exec ls", "exec --", "unlock --detach -- ls", "unlock ls", "up --provider dockr",
            "up --wait 0",
            "up --wait 3601", "up --wait soon", "status --verbose --quiet", "status extra", "init nothing", "lock --passphrase x",
            "unlock --passphrase-fd x", "attach a b", "unlock --passphrase secret", "down --purge=yes",
        ])
    func refused(line: String) {
        #expect(throws: (any Error).self) { try Tazpod.parseAsRoot(line.split(separator: " ").map { String($0) }) }
    }

    @Test("The helper for terminals is not shown to people")
    func hidden() {
        #expect(!Tazpod.helpMessage().contains("terminal  "))
        #expect(Tazpod.helpMessage().contains("unlock"))
    }

    @Test(
        "The help tells every exit code of the contract",
        arguments: [
            "0 done", "2 usage", "3 the project", "4 the provider", "5 wrong", "6 the vault", "7 refused", "10 timed out",
        ])
    func exitCodes(text: String) {
        // Unwrapped: the help is filled to the width of a line.
        let help = Tazpod.helpMessage().split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        #expect(help.contains(text))
    }
}
