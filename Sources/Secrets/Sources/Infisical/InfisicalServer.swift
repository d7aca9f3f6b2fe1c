import CLinux
import Contract
import Linux
import SecretsPlan

/// A server of Infisical, Infisical's or one's own, and what is asked of it over its REST API.
struct InfisicalServer {
    /// Its address, without a path of its API.
    let address: String
    let host: String
    let client: HTTPClient

    private static let usual = "https://app.infisical.com"

    /// - Throws: code 3 or 7 when the address is not one that a token may be sent to.
    init(_ context: SourceContext) throws(Failure) {
        address = InfisicalServer.address(context.settings["url"])
        host = try ServerURL(address).host
        client = try HTTPClient(HTTPOptions(caFile: context.settings["ca_file"].map { context.path($0) }))
    }

    /// - Parameter text: As people write it, with or without a slash, or the API's path, at its end; nil is Infisical's own server.
    static func address(_ text: String?) -> String {
        var text = (text ?? usual)[...]
        for end in ["/", "/api"] where text.hasSuffix(end) { text = text.dropLast(end.count) }
        return String(text)
    }

    // MARK: - Tokens

    /// - Throws: code 5 when the server does not know the identity.
    func logIn(client id: String, secret: SharedSecret) throws(Failure) -> KeptToken {
        let body = try JSONInput.object([("clientId", .text(id)), ("clientSecret", .secret(secret))]).encoded()
        let answer = try send("/api/v1/auth/universal-auth/login", body)
        if answer.status == 401 {
            throw Failure(
                .proof,
                "\(host) does not take this client id and client secret, or has locked them for a while; check them at the identity"
            )
        }
        return try token(answer)
    }

    /// The answer has another token; the old one goes on until its own end.
    func renew(_ token: KeptToken) throws(Failure) -> KeptToken {
        let body = try JSONInput.object([("accessToken", .secret(token.secret))]).encoded()
        return try self.token(try send("/api/v1/auth/token/renew", body))
    }

    private func send(_ path: String, _ body: consuming SecretBuffer) throws(Failure) -> HTTPResponse {
        try client.send(
            HTTPRequest(method: .post, url: address + path, headers: [.json], body: .secret(SharedSecret(body)), accepted: [401]))
    }

    private func token(_ answer: HTTPResponse) throws(Failure) -> KeptToken {
        if answer.status == 401 { throw failure(answer) }
        let root = try answer.json().root
        return KeptToken(
            secret: SharedSecret(try root.member("accessToken").secret()), lifetime: root["expiresIn"]?.integer ?? 0,
            isRenewable: true,
            now: Int64(time(nil)))
    }

    // MARK: - Secrets

    /// References in values are expanded by the server.
    ///
    /// - Parameter showsValues: False lists the names alone.
    func list(_ folder: InfisicalFolder, showsValues: Bool = true) -> HTTPRequest {
        let query = URLText.query([
            ("workspaceId", folder.project), ("environment", folder.environment), ("secretPath", folder.path),
            ("include_imports", "true"), ("expandSecretReferences", "true"), ("viewSecretValue", showsValues ? "true" : "false"),
        ])
        return HTTPRequest(url: "\(address)/api/v3/secrets/raw?\(query)", accepted: InfisicalRefusal.statuses)
    }

    /// - Throws: what an answer that is no list means.
    func secrets(_ answer: HTTPResponse, of folder: InfisicalFolder) throws(Failure) -> InfisicalList {
        if (200..<300).contains(answer.status) { return try InfisicalList(try answer.json().root) }
        switch InfisicalRefusal(answer) {
        case .token: throw .loginIsOver(at: host, source: SecretSourceName.infisical.rawValue)
        case .permission:
            throw Failure(
                .proof,
                """
                the login at \(host) may not read \(folder.description) in project \(folder.project), or what a secret there refers \
                to; let it, or log in as another
                """)
        case .project:
            throw Failure(.project, "\(host) knows no project \(folder.project); check infisical_project_id in secrets.yml")
        case .address: throw Failure(.project, "\(host) does not answer as Infisical; check infisical_url in secrets.yml")
        case .other: throw failure(answer)
        }
    }

    private func failure(_ answer: HTTPResponse) -> Failure {
        StatusFailure(host: host, path: "/api", status: answer.status).failure
    }
}
