import Contract
import Linux
import SecretsPlan

/// The tokens of a server of Infisical: made from a machine identity that the vault keeps, or a person's own.
struct InfisicalTokens: TokenIssuer {
    let server: InfisicalServer
    let store: LoginStore

    /// The machine identity's file: its client id, and the client secret.
    static let identity = "identity"

    var host: String { server.host }
    var source: String { SecretSourceName.infisical.rawValue }

    func authorized(_ request: HTTPRequest, _ token: SharedSecret) -> HTTPRequest {
        var request = request
        request.headers.append(.bearer(token))
        return request
    }

    func refusesToken(_ answer: HTTPResponse) -> Bool {
        InfisicalRefusal.statuses.contains(answer.status) && InfisicalRefusal(answer) == .token
    }

    func renewed(_ token: KeptToken) throws(Failure) -> KeptToken {
        try server.renew(token)
    }

    func issued() throws(Failure) -> KeptToken? {
        guard let identity = try store.readLabelled(InfisicalTokens.identity) else { return nil }
        return try server.logIn(client: identity.label, secret: identity.secret)
    }
}
