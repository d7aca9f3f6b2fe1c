import CLinux
import Contract
import Linux
import SecretsPlan

/// Fetches secrets into the open vault, and hands them to the ghost's programs. `tazpod` starts it, in the ghost; it is not for
/// the command line.
@main
enum TazpodSecrets {
    static func main() {
        do throws(Failure) {
            let code = try run()
            exit(code.rawValue)
        } catch {
            Output.complain(error.sentence)
            exit(error.code.rawValue)
        }
    }

    private static func run() throws(Failure) -> ExitCode {
        if CommandLine.arguments.dropFirst().first == "--version" {
            Output.printText("tazpod-secrets \(tazpodVersion)\n")
            return .done
        }
        let options = try SecretsOptions(Array(CommandLine.arguments.dropFirst()))
        try Hardening.apply(becomesAnother: ["run", "shell", "exec"].contains(options.verb))
        switch options.verb {
        case "pull": return try PullVerb(options: options, plan: try plan(options), vault: try VaultFolder.open()).run()
        case "login": return try LoginVerb(options: options, plan: try plan(options), vault: try VaultFolder.open()).run()
        case "env": return try EnvVerb(options: options, vault: try VaultFolder.open()).run()
        case "run": return try RunVerb(command: options.words, vault: try VaultFolder.open()).run()
        case "shell": RunVerb.becomeShell()
        case "exec": RunVerb.becomeCommand(options.words)
        default: throw Failure(.usage, "tazpod-secrets has no verb \(options.verb)")
        }
    }

    private static let longestPlan = 4 << 20

    private static func plan(_ options: SecretsOptions) throws(Failure) -> PullPlan {
        guard let number = options.plan else { throw Failure(.usage, "tazpod-secrets pull is started by tazpod pull") }
        let descriptor = Descriptor(owning: number)
        let bytes = try failing(.usage) { () throws(SystemError) in
            try descriptor.readAll(limit: longestPlan, stage: "read the plan")
        }
        guard let plan = PullPlan(parsing: bytes) else { throw Failure(.usage, "the plan is not of its form") }
        return plan
    }
}
