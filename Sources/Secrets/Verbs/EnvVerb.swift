import CLinux
import Contract
import Linux

/// `tazpod env`: the variables as lines for the shell that asked, which `eval`s them.
struct EnvVerb {
    let options: SecretsOptions
    let vault: VaultFolder

    func run() throws(Failure) -> ExitCode {
        guard isatty(STDOUT_FILENO) == 0 || !Defence.terminalCheck.isOn else {
            throw Failure(.refused, "that would show the secrets on your terminal; write: eval \"$(tazpod env)\"")
        }
        let shell = ShellText.Shell(name: options.shell ?? EnvVerb.parentName())
        var printer = try failing(.provider) { () throws(SystemError) in try SecretPrinter(STDOUT_FILENO) }
        try PulledVariables(vault).forEach { name, value throws(Failure) in
            let isPassed = name.utf8.count + value.count < PulledVariables.longestPassed
            if !isPassed {
                Output.complain(
                    "\(name) is too long for the environment of a program, so it is set in this shell only; give it a file: in secrets.yml"
                )
            }
            value.withBytes { ShellText.set(name, $0, in: shell, isExported: isPassed, &printer) }
        }
        try failing(.provider) { () throws(SystemError) in try printer.end() }
        return .done
    }

    /// What the shell that runs us is called.
    private static func parentName() -> String {
        let name = (try? readFile("/proc/\(getppid())/comm", stage: "look at the shell")) ?? []
        return String(decoding: name.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
