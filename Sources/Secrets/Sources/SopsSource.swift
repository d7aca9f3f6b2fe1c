import Contract
import Linux
import SecretsPlan

/// Values of files that sops encrypted. Its age key is in the vault.
struct SopsSource: SecretSource {
    let context: SourceContext

    func fetch(_ items: [PullItem], into delivery: Delivery) {
        for item in items {
            delivery.deliver(item) { () throws(Failure) in
                var arguments = ["sops", "--decrypt"]
                if let key = item.options["key"] { arguments += ["--extract", SopsSource.place(key)] }
                arguments.append(context.path(item.options["path"] ?? ""))
                return try ProgramRun(arguments: arguments, environment: environment, directory: context.project).output()
            }
        }
    }

    /// `db.users[0].password`, or sops' own form, which is left as it is.
    static func place(_ key: String) -> String {
        if key.hasPrefix("[") { return key }
        return key.split(separator: ".").map { part in
            let name = part.prefix { $0 != "[" }
            return "[\"\(name)\"]" + part.dropFirst(name.count)
        }.joined()
    }

    /// A file of the project may name a server that is to unwrap its key, and would be sent our token for another.
    private var environment: [[UInt8]] {
        let identity = "\(context.vault.path)/\(context.settings["identity"] ?? AgeSource.usualIdentity)"
        let kept = Linux.environment().filter { !$0.starts(with: "VAULT_".utf8) && !$0.starts(with: "SOPS_".utf8) }
        return kept + utf8("SOPS_AGE_KEY_FILE=\(identity)")
    }
}
