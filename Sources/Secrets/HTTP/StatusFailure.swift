import Contract

/// An answer that says no, in words.
struct StatusFailure {
    var host: String
    /// Without the query.
    var path: String
    var status: Int
    /// What the server asks to wait, in milliseconds.
    var retryAfter: Int64?
    /// Scheme and host of where it redirects to.
    var location: String?
    /// How much the server's clock is ahead of ours, in seconds.
    var clockDifference: Int64?

    /// Below this many seconds clocks are the same.
    private static let tolerance: Int64 = 300

    var failure: Failure {
        switch status {
        case 300..<400:
            let target = location.map { "to \($0)" } ?? "elsewhere"
            return Failure(.project, "\(host) redirects \(target), where no token is sent; write the address that is meant")
        case 401:
            return Failure(
                .proof, "\(host) does not take the login: it is missing, wrong or over (401)\(clockText); log in again")
        case 403:
            return Failure(
                .proof, "\(host) does not allow \(path) to this login (403)\(clockText); let it read that, or log in as another")
        case 404: return Failure(.project, "\(host) has nothing at \(path) (404); check the names in secrets.yml, and its URL")
        case 429:
            let time = retryAfter.map { "in \(($0 + 999) / 1000) s" } ?? "later"
            return Failure(.provider, "\(host) gets too many requests (429); try again \(time)")
        case 500...: return Failure(.provider, "\(host) has an error of its own (\(status)); try again later, or ask who runs it")
        default:
            return Failure(
                .provider, "\(host) does not accept the request for \(path) (\(status)); check its URL and what is asked of it")
        }
    }

    /// A token's times are those of the server's clock.
    private var clockText: String {
        guard let difference = clockDifference, difference.magnitude > StatusFailure.tolerance.magnitude else { return "" }
        return ", and the clock here is \(difference.magnitude / 60) min \(difference > 0 ? "behind" : "ahead of") the server's"
    }
}
