import Contract
import SecretsPlan

/// A path of a key-value engine: what one request reads, with all of its fields.
struct HashiCorpPath: Hashable {
    /// Where the engine is mounted.
    var mount: String
    var path: String
    /// nil is the newest.
    var version: Int?

    /// Where Vault's development server mounts it, and its documentation.
    private static let usualMount = "secret"

    /// - Parameter settings: What secrets.yml says for all of them.
    /// - Throws: code 3 when a part is not of its form.
    init(of item: PullItem, settings: [String: String]) throws(Failure) {
        mount = try HashiCorpPath.checked(
            item.options["mount"] ?? settings["mount"] ?? HashiCorpPath.usualMount, "mount", of: item)
        path = try HashiCorpPath.checked(item.options["path"] ?? "", "path", of: item)
        guard let text = item.options["version"] else {
            version = nil
            return
        }
        guard let number = Int(text), number > 0 else {
            throw Failure(.project, "the version of \(item.name) must be a number from 1 on, not \(text)")
        }
        version = number
    }

    private static func checked(_ path: String, _ what: String, of item: PullItem) throws(Failure) -> String {
        let names = path.split(separator: "/")
        guard !names.isEmpty, URLText.path(path) != nil else {
            throw Failure(
                .project, "\(path) is no \(what) of a secret in Vault; write \(item.name)'s like app/database, without . and ..")
        }
        return names.joined(separator: "/")
    }

    /// Of the URL, below the server's address.
    var urlText: String {
        let place = "/v1/\(URLText.path(mount) ?? "")/data/\(URLText.path(path) ?? "")"
        return version.map { "\(place)?version=\($0)" } ?? place
    }

    /// For messages.
    var description: String { version.map { "\(mount)/\(path) (version \($0))" } ?? "\(mount)/\(path)" }
}

extension PullItem {
    /// Which field of its path the secret is.
    var hashiCorpField: String { options["field"] ?? name }
}
