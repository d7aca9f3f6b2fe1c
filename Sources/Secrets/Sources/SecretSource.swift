import Contract
import Linux
import SecretsPlan

/// A place that secrets come from. Each has a folder of its own here, and is named in `SourceTable`.
protocol SecretSource {
    /// Fetches `items`, in any order and several at once where that helps, and gives each to `delivery` once, as a value or as a
    /// failure with a sentence of its own. A value is wiped as soon as it is delivered.
    func fetch(_ items: [PullItem], into delivery: Delivery)
}

/// A source that wants to be logged in to.
protocol LoginSource {
    /// Somebody has logged in before.
    var isKept: Bool { get throws(Failure) }

    /// Asks for what the source takes as proof, tries it, and keeps it in the vault.
    func login(_ prompt: LoginPrompt) throws(Failure)
}

extension LoginSource {
    /// Logs in where nobody has, and somebody is there to be asked.
    func askIfNeeded() throws(Failure) {
        if LoginPrompt.isSomebodyThere, try !isKept { try login(LoginPrompt(lines: nil)) }
    }
}
