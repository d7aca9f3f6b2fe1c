import Contract
import Linux

/// The answer to a folder's list, by the secrets' names.
///
/// A person's own value goes before everybody's, the folder's own secrets go before those that are imported into it, and of imports the
/// last one wins (Infisical's documentation, "Secret Referencing and Importing").
struct InfisicalList {
    private var secrets: [String: JSONValue] = [:]

    init(_ answer: JSONValue) throws(Failure) {
        for imported in answer["imports"]?.elements ?? [] {
            for secret in imported["secrets"]?.elements ?? [] { add(secret) }
        }
        guard let own = try answer.member("secrets").elements else {
            throw Failure(.provider, "\(answer.document.name) has no list of secrets; check infisical_url in secrets.yml")
        }
        for isPersonal in [false, true] {
            for secret in own where (secret["type"]?.text == "personal") == isPersonal { add(secret) }
        }
    }

    private mutating func add(_ secret: JSONValue) {
        if let name = secret["secretKey"]?.text { secrets[name] = secret }
    }

    /// - Throws: code 3 when there is no such secret, 5 when its value is not shown to this login.
    func value(_ name: String, in folder: InfisicalFolder, at host: String) throws(Failure) -> SecretBuffer {
        guard let secret = secrets[name] else { throw InfisicalList.notThere(name, in: folder, at: host) }
        if secret["secretValueHidden"]?.boolean == true {
            throw Failure(
                .proof, "\(host) shows \(name) to this login without its value; let it read values in \(folder.description)")
        }
        return try secret.member("secretValue").secret()
    }

    /// A folder and an environment that are not there are empty lists, so this may be about them, too.
    static func notThere(_ name: String, in folder: InfisicalFolder, at host: String) -> Failure {
        Failure(
            .project,
            "there is no \(name) in \(folder.description) at \(host); check the name, the path and the environment in secrets.yml"
        )
    }
}
