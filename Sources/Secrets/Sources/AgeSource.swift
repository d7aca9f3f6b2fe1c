import Contract
import Linux
import SecretsPlan

/// Files of the project that are encrypted to an age key, which the vault keeps (age(1)).
struct AgeSource: SecretSource {
    let context: SourceContext

    /// Where the identity is when the file does not say, in the vault.
    static let usualIdentity = "age/keys.txt"

    func fetch(_ items: [PullItem], into delivery: Delivery) {
        for item in items {
            delivery.deliver(item) { () throws(Failure) in
                let file = context.path(item.options["path"] ?? "")
                return try ProgramRun(
                    arguments: ["age", "--decrypt", "--identity", identity, file], directory: context.project
                ).output()
            }
        }
    }

    private var identity: String {
        "\(context.vault.path)/\(context.settings["identity"] ?? AgeSource.usualIdentity)"
    }
}
