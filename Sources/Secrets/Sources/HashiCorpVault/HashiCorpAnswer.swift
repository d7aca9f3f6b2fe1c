import Contract
import Linux

/// What HashiCorp Vault answers beside secrets: an envelope of JSON, in which `errors` says what is wrong, in words alone.
struct HashiCorpAnswer {
    let status: Int
    let errors: [String]

    /// Statuses that are looked at here.
    static let statuses: Set<Int> = [400, 403, 404, 503]

    init(_ answer: HTTPResponse) {
        let errors = try? answer.json().root["errors"]
        self.init(status: answer.status, errors: errors?.elements?.compactMap { $0.text } ?? [])
    }

    init(status: Int, errors: [String]) {
        self.status = status
        self.errors = errors
    }

    /// The token is unknown or over. Versions before 1.13 say no more than they do of a policy that forbids the path.
    var refusesToken: Bool {
        status == 403 && (errors == ["permission denied"] || errors.contains { $0.contains("invalid token") })
    }

    /// A policy does not let the token read there.
    var forbids: Bool {
        status == 403 && !errors.contains { $0.contains("invalid token") }
    }

    var isSealed: Bool {
        status == 503 && errors.contains { $0.contains("sealed") }
    }
}

/// The fields of one path of a key-value engine of version 2.
struct HashiCorpFields {
    private let data: JSONValue

    init(_ answer: JSONValue) throws(Failure) {
        data = try answer.member("data").member("data")
    }

    /// A text as it is; anything else as JSON, which a number and a truth value are what one would type.
    ///
    /// - Throws: code 3 when there is no such field.
    func value(_ field: String, in path: HashiCorpPath, at host: String) throws(Failure) -> SecretBuffer {
        guard let value = data[field] else {
            throw Failure(.project, "\(path.description) at \(host) has no field \(field); check field: in secrets.yml")
        }
        return try value.text == nil ? value.encoded() : value.secret()
    }
}
