import CCurl
import CLinux
import Contract

/// One try of a request: libcurl's handle, and what it reads and writes.
final class Transfer {
    /// Why we ourselves ended it.
    enum Refusal {
        case tooLarge
        case unlocked
    }

    let url: ServerURL
    let options: HTTPOptions
    let handle: UnsafeMutableRawPointer
    private(set) var refusal: Refusal?
    private var head: UnsafeMutablePointer<curl_slist>?
    private var body: SecretBytes

    /// - Throws: code 3 or 7 when the request cannot be made.
    init(_ request: HTTPRequest, options: HTTPOptions, authorities: String?) throws(Failure) {
        url = try ServerURL(request.url)
        self.options = options
        body = SecretBytes(limit: options.answerLimit)
        guard let handle = curl_easy_init() else { throw Transfer.noMemory }
        self.handle = handle
        try setAddress(request.url, authorities: authorities)
        setTimes()
        try setHead(request.headers)
        try setBody(request)
        ccurl_set_pointer(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
        ccurl_set_write_function(handle) { bytes, size, count, transfer in
            guard let transfer else { return 0 }
            return Unmanaged<Transfer>.fromOpaque(transfer).takeUnretainedValue()
                .receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
        }
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(head)
    }

    private static let noMemory = Failure(.provider, "there is no memory for a request; give the pod more")

    private func setAddress(_ address: String, authorities: String?) throws(Failure) {
        ccurl_set_pointer(handle, CURLOPT_URL, address)
        ccurl_set_pointer(handle, CURLOPT_PROTOCOLS_STR, url.isEncrypted ? "https" : "http")
        ccurl_set_pointer(handle, CURLOPT_USERAGENT, options.userAgent)
        ccurl_set_number(handle, CURLOPT_NOSIGNAL, 1)
        guard url.isEncrypted else {
            // A proxy would be on another machine.
            ccurl_set_pointer(handle, CURLOPT_PROXY, "")
            return
        }
        guard let authorities else {
            throw Failure(
                .provider,
                "this system has no certificates of authorities, so \(url.host) cannot be trusted; install ca-certificates")
        }
        // With a folder beside the file, libcurl would read both again for each connection.
        ccurl_set_pointer(handle, CURLOPT_CAINFO, authorities)
        ccurl_set_pointer(handle, CURLOPT_CAPATH, nil)
        ccurl_set_pointer(handle, CURLOPT_PROXY_CAINFO, authorities)
        ccurl_set_pointer(handle, CURLOPT_PROXY_CAPATH, nil)
        ccurl_set_number(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        let version = hasSessionOnSecretHeap() ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
        ccurl_set_number(handle, CURLOPT_HTTP_VERSION, Int(version))
        // Rather a stream of a connection that is being made than a connection of its own.
        ccurl_set_number(handle, CURLOPT_PIPEWAIT, 1)
    }

    private func setTimes() {
        ccurl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(options.connectTimeout))
        ccurl_set_number(handle, CURLOPT_TIMEOUT_MS, Int(options.requestTimeout))
        ccurl_set_number(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
        ccurl_set_number(handle, CURLOPT_LOW_SPEED_TIME, Int(options.stallTimeout / 1000))
    }

    private func setHead(_ headers: [HTTPHeader]) throws(Failure) {
        // Nothing waits for a server's leave to send a body.
        for header in headers + [HTTPHeader("Expect", "")] {
            var line = SecretBytes(limit: 64 * 1024)
            var isWhole = line.append("\(header.name): \(header.text)")
            if let secret = header.secret { isWhole = secret.buffer.withBytes { line.append($0) } && isWhole }
            let isText = line.withBytes { bytes in bytes.allSatisfy { $0 >= 32 && $0 != 127 } }
            guard isWhole, isText, header.secret?.buffer.count != 0 else {
                throw Failure(
                    .proof,
                    "what logs in to \(url.host) (\(header.name)) is empty, too long, or has a line break in it; log in again")
            }
            guard line.append("\0"),
                let longer = line.withBytes({ curl_slist_append(head, $0.assumingMemoryBound(to: CChar.self).baseAddress) })
            else { throw Transfer.noMemory }
            head = longer
        }
        ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, head)
    }

    /// libcurl's copy of the body is in the secret heap.
    private func setBody(_ request: HTTPRequest) throws(Failure) {
        switch request.body {
        case .bytes(let bytes): try bytes.withUnsafeBytes { copyBody($0) }.get()
        case .secret(let secret): try secret.buffer.withBytes { copyBody($0) }.get()
        case nil where request.method == .post || request.method == .put:
            try copyBody(UnsafeRawBufferPointer(start: nil, count: 0)).get()
        case nil: break
        }
        // On a connection that was there before, libcurl itself would send it again when that ends.
        if !request.isRepeatable { ccurl_set_number(handle, CURLOPT_FRESH_CONNECT, 1) }
        if request.method != .get { ccurl_set_pointer(handle, CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
    }

    private func copyBody(_ bytes: UnsafeRawBufferPointer) -> Result<Void, Failure> {
        ccurl_set_number(handle, CURLOPT_POSTFIELDSIZE, bytes.count)
        let result = "".withCString {
            ccurl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress ?? UnsafeRawPointer($0))
        }
        return result == CURLE_OK ? .success(()) : .failure(Transfer.noMemory)
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        if !body.append(bytes) {
            refusal = .tooLarge
        } else if !MemoryRule.allowsHeap() {
            refusal = .unlocked
        }
        return refusal == nil ? bytes.count : 0
    }

    // MARK: - The answer

    var status: Int { number(CURLINFO_RESPONSE_CODE) }

    func header(_ name: String) -> String? {
        var found: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(handle, name, 0, UInt32(CURLH_HEADER), -1, &found) == CURLHE_OK, let found else { return nil }
        return String(cString: found.pointee.value)
    }

    /// The answer, whose body is no longer ours.
    func response() -> HTTPResponse {
        var received = SecretBytes(limit: 0)
        swap(&received, &body)
        return HTTPResponse(
            host: url.host, status: status, contentType: header("Content-Type"), date: header("Date").flatMap { httpDate($0) },
            body: received)
    }

    /// Scheme and host of where the answer redirects to.
    var redirectTarget: String? {
        var text: UnsafePointer<CChar>?
        guard ccurl_get_text(handle, CURLINFO_REDIRECT_URL, &text) == CURLE_OK, let text else { return nil }
        return ServerURL.origin(String(cString: text))
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_number(handle, info, &value) == CURLE_OK ? value : 0
    }

    func microseconds(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return ccurl_get_time(handle, info, &value) == CURLE_OK ? Int64(value) : 0
    }
}
