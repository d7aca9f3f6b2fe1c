import CLinux

/// A source whose login lasts for a time, and can be made to last longer by using it.
protocol RenewingSource {
    /// Where what proves who we are is kept.
    var store: LoginStore { get }
}

extension RenewingSource {
    /// Seconds until the login wants to be used again; nil where it can wait.
    func untilRenewal() -> Int64? {
        guard let token = try? store.readToken() else { return nil }
        return token.untilRenewal(at: Int64(time(nil)))
    }
}
