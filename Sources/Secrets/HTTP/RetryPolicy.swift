import CCurl

/// When a request that failed is made again, and after how long. Times are in milliseconds.
struct RetryPolicy: Equatable {
    /// How a try ended.
    enum Outcome: Equatable {
        /// `retryAfter` is what the server asks for.
        case status(Int, retryAfter: Int64?)
        /// No connection came to be, so the server knows of nothing.
        case refused
        /// The connection ended, and the server may have done what it was asked, or not.
        case reset
        /// Anything that another try would not change.
        case final
    }

    var tries = 3
    /// The first pause; each next one is twice as long.
    var firstPause: Int64 = 250
    /// The longest that a server's Retry-After is waited for.
    var longestPause: Int64 = 30_000
    /// Since the first try; a pause that would end later is not begun.
    var deadline: Int64 = 60_000

    /// How long to wait before the next try; nil when there is none.
    ///
    /// - Parameters:
    ///   - tried: How many tries there were.
    ///   - elapsed: Since the first of them began.
    ///   - isRepeatable: The server may do it twice.
    ///   - random: In 0..<1; so that many clients do not come back all at once.
    func pause(after outcome: Outcome, tried: Int, elapsed: Int64, isRepeatable: Bool, random: Double) -> Int64? {
        guard tried > 0, tried < tries else { return nil }
        let backoff = Double(firstPause << min(tried - 1, 16)) * (0.5 + random / 2)
        let pause: Int64
        switch outcome {
        case .status(429, let retryAfter), .status(503, let retryAfter): pause = retryAfter ?? Int64(backoff)
        case .status(500, _), .status(502, _), .status(504, _):
            guard isRepeatable else { return nil }
            pause = Int64(backoff)
        case .refused where tried == 1: pause = Int64(backoff)
        case .reset where tried == 1 && isRepeatable: pause = Int64(backoff)
        default: return nil
        }
        return pause <= longestPause && pause < deadline - elapsed ? pause : nil
    }

    /// Reads a Retry-After header: seconds, or a date (RFC 9110, 10.2.3).
    ///
    /// - Parameter now: In seconds since 1970.
    /// - Returns: nil when it is neither.
    static func retryAfter(_ text: String, now: Int64) -> Int64? {
        let text = text.drop { $0 == " " }
        if let first = text.utf8.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) {
            guard let seconds = UInt32(text) else { return nil }
            return Int64(seconds) * 1000
        }
        guard let date = httpDate(String(text)) else { return nil }
        return max(date &- now, 0).multipliedReportingOverflow(by: 1000).partialValue
    }
}

/// A date of HTTP (RFC 9110, 5.6.7), in seconds since 1970.
func httpDate(_ text: String) -> Int64? {
    let date = Int64(curl_getdate(text, nil))
    return date < 0 ? nil : date
}
