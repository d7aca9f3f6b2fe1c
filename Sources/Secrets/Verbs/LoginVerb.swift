import Contract
import SecretsPlan

/// `tazpod login`: has a source ask for what proves who we are, try it, and keep it in the vault.
struct LoginVerb {
    let options: SecretsOptions
    let plan: PullPlan
    let vault: VaultFolder

    func run() throws(Failure) -> ExitCode {
        let name = try name()
        let context = SourceContext(settings: plan.settings[name] ?? [:], vault: vault, project: PodPaths.workspace)
        guard let source = try SourceTable.source(name, context) as? any LoginSource else {
            throw Failure(.usage, "there is nothing to log in to at the source \(name.rawValue)")
        }
        try source.login(LoginPrompt(lines: options.answers), method: options.method)
        if !options.isQuiet { Output.complain("logged in to \(name.rawValue)") }
        return .done
    }

    /// The one that was named, or that secrets.yml has.
    private func name() throws(Failure) -> SecretSourceName {
        if let word = options.words.first {
            guard let name = SecretSourceName(word: word) else { throw Failure(.usage, "there is no source \(word)") }
            return name
        }
        let used = [SecretSourceName.infisical, .vault].filter { name in
            plan.settings[name]?["url"] != nil || plan.items.contains { $0.source == name }
        }
        guard let name = used.first, used.count == 1 else {
            throw Failure(.usage, "say what to log in to: tazpod login infisical, or tazpod login vault")
        }
        return name
    }
}
