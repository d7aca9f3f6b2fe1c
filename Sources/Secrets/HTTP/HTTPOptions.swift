import Contract

/// How a client reaches servers. Times are in milliseconds.
struct HTTPOptions {
    /// Certificates of authorities (PEM) that count beside the system's, for a server of one's own.
    var caFile: String?
    var connectTimeout: Int64 = 5_000
    /// A transfer in which nothing comes for so long is given up; whole seconds.
    var stallTimeout: Int64 = 10_000
    /// For one try of one request.
    var requestTimeout: Int64 = 30_000
    var requestsInFlight = 16
    var connections = 16
    var answerLimit = 16 << 20
    var retry = RetryPolicy()
    var userAgent = "tazpod/\(tazpodVersion)"
}
