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

    /// `tazpod-secrets shell`, the ghost's own shell: it comes without the secrets rather than not at all.
    static func becomeShell() -> ExitCode {
        let shell = [environmentValue("SHELL") ?? "/bin/sh"]
        do throws(Failure) {
            let vault = try VaultFolder.open()
            _ = try become(shell, with: vault) { name throws(Failure) in
                Output.complain(
                    "\(name) is too long for the environment of a program, and is left out; give it a file: in secrets.yml")
            }
        } catch {
            Output.complain("this shell has no secrets in its environment: \(error.sentence)")
        }
        let error = EnvironmentBlock().execute(shell)
        Output.complain("cannot run \(shell[0]): \(describe(errno: error))")
        return .provider
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
