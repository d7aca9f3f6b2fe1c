import CCurl
import Contract

/// A URL that may be asked: `https`, or `http` on this machine itself, where nobody is in between.
struct ServerURL: Equatable {
    let isEncrypted: Bool
    let host: String
    /// Without the query, which messages leave out.
    let path: String

    /// - Throws: code 3 when it is no such URL, 7 when a token would go over it in the clear.
    init(_ text: String) throws(Failure) {
        guard let parts = curl_url() else { throw Failure(.provider, "there is no memory for a request") }
        defer { curl_url_cleanup(parts) }
        // The text itself is not repeated: a password may be in it.
        guard curl_url_set(parts, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK,
            let scheme = ServerURL.part(CURLUPART_SCHEME, of: parts),
            let host = ServerURL.part(CURLUPART_HOST, of: parts), !host.isEmpty
        else { throw Failure(.project, "the address of a server is not a URL; write it as https://HOST") }
        if ServerURL.part(CURLUPART_USER, of: parts) != nil || ServerURL.part(CURLUPART_PASSWORD, of: parts) != nil {
            throw Failure(.project, "the URL of \(host) has a user or a password in it; leave them out")
        }
        switch scheme {
        case "https": isEncrypted = true
        case "http":
            guard ServerURL.isLoopback(host) else {
                throw Failure(
                    .refused,
                    "http://\(host) is not encrypted, and secrets would cross the network in the clear; write https://\(host)"
                )
            }
            isEncrypted = false
        default: throw Failure(.project, "the URL of \(host) begins with \(scheme)://; write https://\(host)")
        }
        self.host = host
        path = ServerURL.part(CURLUPART_PATH, of: parts) ?? "/"
    }

    /// Scheme and host of any URL; nil when it is none.
    static func origin(_ text: String) -> String? {
        guard let parts = curl_url() else { return nil }
        defer { curl_url_cleanup(parts) }
        guard curl_url_set(parts, CURLUPART_URL, text, UInt32(CURLU_NON_SUPPORT_SCHEME)) == CURLUE_OK,
            let scheme = part(CURLUPART_SCHEME, of: parts), let host = part(CURLUPART_HOST, of: parts)
        else { return nil }
        return "\(scheme)://\(host)"
    }

    private static func part(_ part: CURLUPart, of parts: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parts, part, &text, 0) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }

    /// libcurl gives `localhost` these addresses and no others, and writes an IPv4 address with four numbers.
    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil }
    }
}
