import Contract

/// What a server answered. Its body is in the secret heap, and is wiped with it.
final class HTTPResponse {
    /// The server's name, for messages.
    let host: String
    let status: Int
    let contentType: String?
    /// The time by the server's clock, in seconds since 1970.
    let date: Int64?
    private let body: SecretBytes

    init(host: String, status: Int, contentType: String?, date: Int64?, body: consuming SecretBytes) {
        self.host = host
        self.status = status
        self.contentType = contentType
        self.date = date
        self.body = body
    }

    func withBody<Result>(_ use: (UnsafeRawBufferPointer) -> Result) -> Result {
        body.withBytes(use)
    }

    /// The body as JSON.
    ///
    /// - Throws: code 4 when it is something else.
    func json() throws(Failure) -> JSONDocument {
        let isHTML = withBody { bytes in bytes.first { !isSpace($0) } == UInt8(ascii: "<") }
        if isHTML {
            throw Failure(
                .provider,
                """
                \(host) answered with a web page instead of JSON; check that the URL is the one of its API, and that no proxy or \
                login page is in between
                """)
        }
        return try withBody { bytes -> Result<JSONDocument, Failure> in
            do throws(Failure) {
                return .success(try JSONDocument(bytes, of: "the answer of \(host)"))
            } catch {
                return .failure(error)
            }
        }.get()
    }
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == 32 || (9...13).contains(byte)
}
