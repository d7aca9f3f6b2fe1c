import Contract
import Linux
import SecretsPlan

/// The tokens of a server of HashiCorp Vault: made from a role (AppRole) that the vault keeps, or somebody's own.
struct HashiCorpTokens: TokenIssuer {
    let server: HashiCorpServer
    let store: LoginStore

    /// The role's file: its role id, and the secret id.
    static let role = "role"

    var host: String { server.host }
    var source: String { SecretSourceName.vault.rawValue }

    func authorized(_ request: HTTPRequest, _ token: SharedSecret) -> HTTPRequest {
        var request = request
        request.headers += server.headers(token)
        return request
    }

    func refusesToken(_ answer: HTTPResponse) -> Bool {
        answer.status == 403 && HashiCorpAnswer(answer).refusesToken
    }

    func renewed(_ token: KeptToken) throws(Failure) -> KeptToken {
        try server.renew(token)
    }

    func issued() throws(Failure) -> KeptToken? {
        guard let role = try store.readLabelled(HashiCorpTokens.role) else { return nil }
        return try server.logIn(role: role.label, secret: role.secret)
    }
}
