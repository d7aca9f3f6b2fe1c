import Contract
import Linux
import SecretsPlan

/// `tazpod login`: asks for what a source takes as proof of who we are, and keeps it in the vault.
struct LoginVerb {
    let options: SecretsOptions
    let plan: PullPlan
    let vault: VaultFolder

    func run() throws(Failure) -> ExitCode {
        let prompt = LoginPrompt(lines: options.answers)
        for name in try sources() {
            let context = SourceContext(
                settings: plan.settings[name] ?? [:], vault: vault, project: PodPaths.workspace, given: nil)
            try SourceTable.login(name, context).login(prompt)
            if !options.isQuiet { Output.complain("logged in to \(name.rawValue); the vault keeps the login") }
        }
        return .done
    }

    /// The one that was named, or those that secrets.yml uses.
    private func sources() throws(Failure) -> [SecretSourceName] {
        if let word = options.words.first {
            guard let name = SecretSourceName(word: word) else { throw Failure(.usage, "TazPod knows no source \(word)") }
            return [name]
        }
        let used = SourceTable.withLogin.filter { name in
            plan.settings[name]?["url"] != nil || plan.items.contains { $0.source == name }
        }
        if used.isEmpty {
            throw Failure(.project, "secrets.yml uses no source that one logs in to; name one, infisical or vault")
        }
        return used
    }
}
