import CLinux
import Contract
import Linux
import SecretsPlan

/// A server of HashiCorp Vault, or OpenBao, and what is asked of it over its HTTP API.
struct HashiCorpServer {
    let address: String
    let namespace: String?
    let host: String
    let client: HTTPClient

    /// - Throws: code 3 or 7 when the address is not one that a token may be sent to.
    init(_ context: SourceContext) throws(Failure) {
        guard let url = context.settings["url"] else {
            throw Failure(.project, "secrets.yml names no server of HashiCorp Vault; write vault_url under config")
        }
        address = HashiCorpServer.address(url)
        namespace = context.settings["namespace"]
        host = try ServerURL(address).host
        client = try HTTPClient(HTTPOptions(caFile: context.settings["ca_file"].map { context.path($0) }))
    }

    /// As people write it, with or without a slash at its end.
    static func address(_ text: String) -> String {
        text.hasSuffix("/") ? String(text.dropLast()) : text
    }

    // MARK: - Tokens

    /// - Throws: code 5 when the server does not know the role.
    func logIn(role: String, secret: SharedSecret) throws(Failure) -> KeptToken {
        try logIn(
            "approle/login", .object([("role_id", .text(role)), ("secret_id", .secret(secret))]), as: "role id and secret id")
    }

    func logIn(user: String, password: SharedSecret) throws(Failure) -> KeptToken {
        guard let name = URLText.path(user), !name.isEmpty else { throw Failure(.usage, "that is no name of a user") }
        return try logIn("userpass/login/\(name)", .object([("password", .secret(password))]), as: "name and password")
    }

    private func logIn(_ method: String, _ body: JSONInput, as what: String) throws(Failure) -> KeptToken {
        let answer = try send("/v1/auth/\(method)", try body.encoded(), token: nil)
        if [400, 403].contains(answer.status) {
            throw Failure(.proof, "\(host) does not take this \(what), or has locked them for a while; check them there")
        }
        return try token(answer)
    }

    func renew(_ token: KeptToken) throws(Failure) -> KeptToken {
        try self.token(try send("/v1/auth/token/renew-self", try JSONInput.object([]).encoded(), token: token.secret))
    }

    /// How long a token is good for that somebody has.
    ///
    /// - Throws: code 5 when the server does not know it.
    func lookUp(_ token: SharedSecret) throws(Failure) -> KeptToken {
        let request = HTTPRequest(
            url: "\(address)/v1/auth/token/lookup-self", headers: headers(token), accepted: HashiCorpAnswer.statuses)
        let answer = try client.send(request)
        if answer.status == 403 { throw Failure(.proof, "\(host) does not take this token; make a new one there") }
        try check(answer)
        let data = try answer.json().root.member("data")
        return KeptToken(
            secret: token, lifetime: data["ttl"]?.integer ?? 0, isRenewable: data["renewable"]?.boolean ?? false,
            now: Int64(time(nil)))
    }

    private func token(_ answer: HTTPResponse) throws(Failure) -> KeptToken {
        try check(answer)
        let auth = try answer.json().root.member("auth")
        return KeptToken(
            secret: SharedSecret(try auth.member("client_token").secret()), lifetime: auth["lease_duration"]?.integer ?? 0,
            isRenewable: auth["renewable"]?.boolean ?? false, now: Int64(time(nil)))
    }

    private func send(_ path: String, _ body: consuming SecretBuffer, token: SharedSecret?) throws(Failure) -> HTTPResponse {
        try client.send(
            HTTPRequest(
                method: .post, url: address + path, headers: [.json] + headers(token), body: .secret(SharedSecret(body)),
                accepted: HashiCorpAnswer.statuses))
    }

    /// With a token or without: the namespace, and the sign that no page in a browser made the request.
    func headers(_ token: SharedSecret?) -> [HTTPHeader] {
        var headers = [HTTPHeader("X-Vault-Request", "true")]
        if let namespace { headers.append(HTTPHeader("X-Vault-Namespace", namespace)) }
        if let token { headers.append(HTTPHeader("X-Vault-Token", secret: token)) }
        return headers
    }

    // MARK: - Secrets

    func read(_ path: HashiCorpPath) -> HTTPRequest {
        HTTPRequest(url: address + path.urlText, accepted: HashiCorpAnswer.statuses)
    }

    /// - Throws: what an answer that has no fields means.
    func fields(_ answer: HTTPResponse, of path: HashiCorpPath) throws(Failure) -> HashiCorpFields {
        let problem = HashiCorpAnswer(answer)
        if problem.forbids {
            throw Failure(
                .proof, "the login at \(host) may not read \(path.description); let its policy read it, or log in as another")
        }
        if problem.refusesToken { throw .loginIsOver(at: host, source: SecretSourceName.vault.rawValue) }
        if problem.status == 404 {
            let isDeleted = try answer.json().root["data"]?["metadata"] != nil
            throw Failure(
                .project,
                isDeleted
                    ? "\(path.description) at \(host) is deleted; restore it there, or name another version"
                    : "\(host) has nothing at \(path.description); check path: and mount: in secrets.yml, and that it is a kv engine of version 2"
            )
        }
        try check(answer)
        return try HashiCorpFields(try answer.json().root)
    }

    /// - Throws: what any answer but a good one means.
    private func check(_ answer: HTTPResponse) throws(Failure) {
        if (200..<300).contains(answer.status) { return }
        if HashiCorpAnswer(answer).isSealed {
            throw Failure(.provider, "\(host) is sealed; somebody who has its keys must open it (vault operator unseal)")
        }
        throw StatusFailure(host: host, path: "/v1", status: answer.status).failure
    }
}
