import Contract

/// A token that a server gave, and how long it is good for. Times are in seconds.
struct KeptToken {
    let secret: SharedSecret
    /// When it ends, since 1970, by our clock; nil: nobody knows, or never.
    let end: Int64?
    /// How long it was good for when it was given.
    let lifetime: Int64
    /// The server makes it last longer when it is asked in time.
    let isRenewable: Bool

    /// What is to be done before the token is used.
    enum Step: Equatable {
        case use
        case renew
        /// It is over; only another can be used.
        case replace
    }

    /// So long that sums stay small.
    private static let longest: Int64 = 100 * 365 * 86400
    /// What a request may take on its way; less of a token that lasts for seconds.
    private static let margin: Int64 = 5

    /// - Parameter lifetime: From `now` on; 0 or less: it never ends.
    init(secret: SharedSecret, lifetime: Int64, isRenewable: Bool, now: Int64) {
        self.secret = secret
        self.lifetime = min(max(lifetime, 0), KeptToken.longest)
        self.isRenewable = isRenewable
        end = self.lifetime == 0 ? nil : now + self.lifetime
    }

    /// A third of its life before the end it is renewed. A token that the clock says is over may well not be: the clock may be wrong.
    func step(at now: Int64) -> Step {
        guard let end else { return .use }
        let rest = end - min(max(now, 0), end)
        if rest <= min(KeptToken.margin, lifetime / 6) { return .replace }
        return isRenewable && rest <= lifetime / 3 ? .renew : .use
    }

    /// Seconds until it wants to be renewed, 0 when it is time; nil where it never does.
    func untilRenewal(at now: Int64) -> Int64? {
        guard let end, isRenewable, step(at: now) != .replace else { return nil }
        return max(end - lifetime / 3 - max(now, 0), 0)
    }

    // MARK: - As it is kept

    init?(_ kept: LabelledSecret) {
        let parts = kept.label.split(separator: " ").map { Int64($0) }
        guard parts.count == 3, let end = parts[0], let lifetime = parts[1], let renewable = parts[2] else { return nil }
        secret = kept.secret
        self.end = end > 0 ? end : nil
        self.lifetime = min(max(lifetime, 0), KeptToken.longest)
        isRenewable = renewable == 1
    }

    /// Its times, as the line before it.
    var labelled: LabelledSecret {
        LabelledSecret(label: "\(end ?? 0) \(lifetime) \(isRenewable ? 1 : 0)", secret: secret)
    }
}

extension LoginStore {
    private static let token = "token"

    /// - Returns: nil where none was kept.
    func readToken() throws(Failure) -> KeptToken? {
        guard let kept = try readLabelled(LoginStore.token) else { return nil }
        return KeptToken(kept)
    }

    func write(_ token: KeptToken) throws(Failure) {
        try write(LoginStore.token, token.labelled)
    }
}
