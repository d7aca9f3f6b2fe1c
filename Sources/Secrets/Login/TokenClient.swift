import CLinux
import Contract

/// Asks a server with the token that the vault keeps for it. The token is renewed before it ends; what the server refuses because
/// the token is over is asked once more, with a new one.
struct TokenClient<Issuer: TokenIssuer> {
    let client: HTTPClient
    let store: LoginStore
    let issuer: Issuer

    /// Hands each request's result to `deliver`, with its place in `requests`, as it comes.
    ///
    /// - Throws: code 5 when nobody has logged in.
    func send(_ requests: [HTTPRequest], deliver: (Int, Result<HTTPResponse, Failure>) -> Void) throws(Failure) {
        var refused: [(index: Int, answer: HTTPResponse)] = []
        send(requests, token: try token()) { index, result in
            if case .success(let answer) = result, issuer.refusesToken(answer) {
                refused.append((index, answer))
            } else {
                deliver(index, result)
            }
        }
        if refused.isEmpty { return }
        guard let token = try issued() else {
            for (index, answer) in refused { deliver(index, .success(answer)) }
            return
        }
        let again = refused.map { $0.index }
        send(again.map { requests[$0] }, token: token) { deliver(again[$0], $1) }
    }

    private func send(_ requests: [HTTPRequest], token: SharedSecret, deliver: (Int, Result<HTTPResponse, Failure>) -> Void) {
        client.send(requests: requests.map { issuer.authorized($0, token) }, deliver: deliver)
    }

    private func token() throws(Failure) -> SharedSecret {
        guard let kept = try store.readToken() else {
            guard let token = try issued() else { throw .notLoggedIn(to: issuer.host, source: issuer.source) }
            return token
        }
        switch kept.step(at: Int64(time(nil))) {
        case .use: return kept.secret
        case .renew:
            do throws(Failure) {
                return try keep(try issuer.renewed(kept))
            } catch {
                // It is good for a while; but a server that hangs is not waited for twice.
                if error.code == .timeout { throw error }
                return kept.secret
            }
        case .replace: return try issued() ?? kept.secret
        }
    }

    private func issued() throws(Failure) -> SharedSecret? {
        guard let token = try issuer.issued() else { return nil }
        return try keep(token)
    }

    private func keep(_ token: KeptToken) throws(Failure) -> SharedSecret {
        try store.write(token)
        return token.secret
    }
}
