import CLinux
import Contract
import Linux
import SecretsPlan

/// A login to a server of Infisical: as a machine identity (universal auth), or with a token that somebody has.
struct InfisicalLogin: ServerLogin {
    static let methods = ["identity", "token"]

    let server: InfisicalServer
    let tokens: TokenClient<InfisicalTokens>
    private let settings: [String: String]

    init(_ context: SourceContext) throws(Failure) {
        server = try InfisicalServer(context)
        let store = InfisicalLogin.store(context)
        tokens = TokenClient(client: server.client, store: store, issuer: InfisicalTokens(server: server, store: store))
        settings = context.settings
    }

    static func store(_ context: SourceContext) -> LoginStore {
        LoginStore(
            context.vault, source: SecretSourceName.infisical.rawValue, server: InfisicalServer.address(context.settings["url"]))
    }

    /// Somebody has logged in to this server.
    var isKept: Bool {
        get throws(Failure) {
            if try tokens.store.readToken() != nil { return true }
            return try tokens.store.readLabelled(InfisicalTokens.identity) != nil
        }
    }

    func login(_ prompt: LoginPrompt, as method: String) throws(Failure) {
        if method == "identity" {
            try loginAsIdentity(prompt)
        } else {
            try loginWithToken(prompt)
        }
    }

    private func loginAsIdentity(_ prompt: LoginPrompt) throws(Failure) {
        let id = try prompt.text("Client id of the machine identity at \(server.host)")
        let secret = SharedSecret(try prompt.ask("Client secret"))
        let token = try server.logIn(client: id, secret: secret)
        try tokens.store.write(InfisicalTokens.identity, LabelledSecret(label: id, secret: secret))
        try tokens.store.write(token)
    }

    /// A person's token, or a service token. It is tried where secrets.yml says what to read with it.
    private func loginWithToken(_ prompt: LoginPrompt) throws(Failure) {
        let token = SharedSecret(try prompt.ask("Token of \(server.host)"))
        if let project = settings["project_id"] {
            let folder = InfisicalFolder(
                project: project, environment: settings["environment"] ?? "dev", path: settings["path"] ?? "/")
            let answer = try server.client.send(tokens.issuer.authorized(server.list(folder, showsValues: false), token))
            if tokens.issuer.refusesToken(answer) {
                throw Failure(.proof, "\(server.host) does not take this token; make a new one there")
            }
        }
        try tokens.store.remove(InfisicalTokens.identity)
        try tokens.store.write(KeptToken(secret: token, lifetime: 0, isRenewable: false, now: Int64(time(nil))))
    }
}
