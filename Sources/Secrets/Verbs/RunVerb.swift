import CLinux
import Contract
import Linux

/// `tazpod run`: becomes a program that has the secrets in its environment. They are in no file that was not there before, and go
/// with the program.
struct RunVerb {
    let command: [String]
    let vault: VaultFolder

    func run() throws(Failure) -> ExitCode {
        let name = command.first ?? ""
        let error = try RunVerb.become(command, with: vault) { name throws(Failure) in
            throw Failure(
                .usage, "\(name) is too long for the environment of a program; give it a file: in secrets.yml")
        }
        throw Failure(.provider, "cannot run \(name): \(describe(errno: error))")
    }

    /// `tazpod-secrets shell`, the ghost's own shell.
    static func becomeShell() -> Never {
        becomeAnyway([environmentValue("SHELL") ?? "/bin/sh"], called: "shell")
    }

    /// `tazpod-secrets exec`, a command that was sent into the ghost.
    static func becomeCommand(_ command: [String]) -> Never {
        becomeAnyway(command, called: "command")
    }

    /// It comes without the secrets rather than not at all. One that is not there has a shell's status.
    private static func becomeAnyway(_ command: [String], called kind: String) -> Never {
        var error: Int32
        do throws(Failure) {
            let vault = try VaultFolder.open()
            error = try become(command, with: vault) { name throws(Failure) in
                Output.complain(
                    "\(name) is too long for the environment of a program, and is left out; give it a file: in secrets.yml")
            }
        } catch let failure {
            Output.complain("this \(kind) has no secrets in its environment: \(failure.sentence)")
            error = EnvironmentBlock().execute(command)
        }
        Output.complain("cannot run \(command.first ?? "") in the ghost: \(describe(errno: error))")
        exit(error == ENOENT ? 127 : 126)
    }

    /// - Parameter tooLong: Told the name of a variable that cannot be passed on, which is left out.
    /// - Returns: errno, when the program does not start.
    private static func become(
        _ command: [String], with vault: VaultFolder, tooLong: (String) throws(Failure) -> Void
    ) throws(Failure) -> Int32 {
        let variables = try PulledVariables(vault)
        let block = EnvironmentBlock()
        try variables.forEach { name, value throws(Failure) in
            guard name.utf8.count + value.count < PulledVariables.longestPassed else { return try tooLong(name) }
            try block.add(name, value)
        }
        return block.execute(command)
    }
}
