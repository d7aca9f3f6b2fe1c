/// What is asked of a server.
struct HTTPRequest {
    enum Method: String {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        /// HashiCorp Vault's own.
        case list = "LIST"
    }

    enum Body {
        case bytes([UInt8])
        case secret(SharedSecret)
    }

    var method = Method.get
    /// Whole, with the query; no secret may be in it.
    var url: String
    var headers: [HTTPHeader] = []
    var body: Body?
    /// Statuses beside 2xx that are an answer, such as 404 where nothing may be there; any other is a failure.
    var accepted: Set<Int> = []

    /// Whether the server may do it twice when nobody knows if it did it once.
    var isRepeatable: Bool { method == .get || method == .list }
}

/// A line of a request's head.
struct HTTPHeader {
    var name: String
    /// What comes before the secret, or all of the value.
    var text: String
    var secret: SharedSecret?

    init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
    }

    init(_ name: String, prefix: String = "", secret: SharedSecret) {
        self.name = name
        text = prefix
        self.secret = secret
    }

    static func bearer(_ token: SharedSecret) -> HTTPHeader {
        HTTPHeader("Authorization", prefix: "Bearer ", secret: token)
    }

    static var json: HTTPHeader { HTTPHeader("Content-Type", "application/json") }
}
