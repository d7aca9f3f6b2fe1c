import Contract
import Linux
import SecretsPlan

/// A login to a server of HashiCorp Vault: with a token, as a role (AppRole), or as a user (Userpass).
struct HashiCorpLogin: ServerLogin {
    static let methods = ["token", "approle", "userpass"]

    let server: HashiCorpServer
    let tokens: TokenClient<HashiCorpTokens>

    init(_ context: SourceContext) throws(Failure) {
        let server = try HashiCorpServer(context)
        let store = HashiCorpLogin.store(context)
        tokens = TokenClient(client: server.client, store: store, issuer: HashiCorpTokens(server: server, store: store))
        self.server = server
    }

    /// A namespace has logins of its own.
    static func store(_ context: SourceContext) -> LoginStore {
        let address = HashiCorpServer.address(context.settings["url"] ?? "")
        let place = context.settings["namespace"].map { "\(address) \($0)" } ?? address
        return LoginStore(context.vault, source: SecretSourceName.vault.rawValue, server: place)
    }

    var isKept: Bool {
        get throws(Failure) {
            if try tokens.store.readToken() != nil { return true }
            return try tokens.store.readLabelled(HashiCorpTokens.role) != nil
        }
    }

    func login(_ prompt: LoginPrompt, as method: String) throws(Failure) {
        switch method {
        case "approle":
            let id = try prompt.text("Role id at \(server.host)")
            let secret = SharedSecret(try prompt.ask("Secret id"))
            let token = try server.logIn(role: id, secret: secret)
            try tokens.store.write(HashiCorpTokens.role, LabelledSecret(label: id, secret: secret))
            try tokens.store.write(token)
        case "userpass":
            let name = try prompt.text("User at \(server.host)")
            // The password is not kept: it may be good for more than this.
            try keep(try server.logIn(user: name, password: SharedSecret(try prompt.ask("Password"))))
        default:
            try keep(try server.lookUp(SharedSecret(try prompt.ask("Token of \(server.host)"))))
        }
    }

    /// In place of a role that was kept before.
    private func keep(_ token: KeptToken) throws(Failure) {
        try tokens.store.remove(HashiCorpTokens.role)
        try tokens.store.write(token)
    }
}
