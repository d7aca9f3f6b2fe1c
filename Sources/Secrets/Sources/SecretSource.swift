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
    /// Asks for what the source takes as proof, tries it, and keeps it in the vault.
    ///
    /// - Parameter method: How, in the source's own words, where it knows several ways; nil for the usual one.
    func login(_ prompt: LoginPrompt, method: String?) throws(Failure)
}
