import Contract

/// A server that knows us by a token: what it does with tokens.
protocol TokenIssuer {
    /// The server's name, for messages.
    var host: String { get }
    /// The word by which secrets.yml names such servers.
    var source: String { get }

    /// A request with the token in its head.
    func authorized(_ request: HTTPRequest, _ token: SharedSecret) -> HTTPRequest

    /// Whether the answer says that the token is over or unknown, and not that something else is wrong.
    func refusesToken(_ answer: HTTPResponse) -> Bool

    /// The same access for longer.
    func renewed(_ token: KeptToken) throws(Failure) -> KeptToken

    /// A new token from what was kept for that.
    ///
    /// - Returns: nil where a person has to log in.
    func issued() throws(Failure) -> KeptToken?
}

extension Failure {
    static func notLoggedIn(to host: String, source: String) -> Failure {
        Failure(.proof, "nobody has logged in to \(host) yet; run tazpod login \(source)")
    }

    static func loginIsOver(at host: String, source: String) -> Failure {
        Failure(.proof, "\(host) no longer takes the login; run tazpod login \(source)")
    }
}
