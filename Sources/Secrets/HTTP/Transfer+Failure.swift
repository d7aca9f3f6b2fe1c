import CCurl
import CLinux
import Contract
import Linux

/// A transfer that ended without an answer, in words.
extension Transfer {
    func failure(_ code: CURLcode) -> (failure: Failure, outcome: RetryPolicy.Outcome) {
        let host = url.host
        if let failure = proxyFailure { return failure }
        switch code {
        case CURLE_WRITE_ERROR where refusal == .unlocked: return (MemoryRule.broken, .final)
        case CURLE_WRITE_ERROR where refusal == .tooLarge:
            return (
                Failure(.provider, "the answer of \(host) is larger than \(sizeText(options.answerLimit)); check its URL"), .final
            )
        case CURLE_COULDNT_RESOLVE_HOST:
            let sentence = "cannot find the address of \(host); check its name, and that this pod has a network"
            return (Failure(.provider, sentence), .final)
        case CURLE_COULDNT_RESOLVE_PROXY:
            return (Failure(.provider, "cannot find the address of \(ProxyVariable.words); check that variable"), .final)
        case CURLE_COULDNT_CONNECT: return (connectionFailure, .refused)
        case CURLE_OPERATION_TIMEDOUT: return (timeoutFailure, .final)
        case CURLE_PEER_FAILED_VERIFICATION: return (certificateFailure, .final)
        case CURLE_SSL_CACERT_BADFILE:
            return (Failure(.provider, "cannot read this system's certificates of authorities; install ca-certificates"), .final)
        case CURLE_SSL_CONNECT_ERROR:
            let sentence =
                "cannot agree on an encrypted connection with \(host); check the port in its URL, and that it speaks TLS 1.2"
            return (Failure(.provider, sentence), .refused)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            let sentence =
                "\(host) ended the connection before its answer was complete; try again, and see whether the server is well"
            return (Failure(.provider, sentence), .reset)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL:
            return (Failure(.provider, "what answers at \(host) does not speak HTTP; check the port in its URL"), .final)
        default:
            let reason = String(cString: curl_easy_strerror(code))
            return (Failure(.provider, "the request to \(host) failed: \(reason); check its URL, and try again"), .final)
        }
    }

    /// What a proxy answered to being asked for the server (CONNECT), where it said no.
    private var proxyFailure: (Failure, RetryPolicy.Outcome)? {
        let status = number(CURLINFO_HTTP_CONNECTCODE)
        let proxy = ProxyVariable.words
        switch status {
        case 0, 200..<300: return nil
        case 407:
            let sentence = "\(proxy) wants a user and a password, or does not take those in its URL; set that variable"
            return (Failure(.proof, sentence), .final)
        case 500...:
            let sentence = "\(proxy) cannot reach \(url.host) (status \(status)); check its URL, and that the server runs"
            return (Failure(.provider, sentence), .refused)
        default:
            let next = "have it allowed there, or name it in no_proxy"
            return (Failure(.provider, "\(proxy) lets nobody through to \(url.host) (status \(status)); \(next)"), .final)
        }
    }

    /// Who did not take a connection. What no_proxy excepts is libcurl's to know.
    private var party: String {
        url.isEncrypted && ProxyVariable.name != nil ? "\(url.host) or \(ProxyVariable.words)" : url.host
    }

    private var connectionFailure: Failure {
        let error = Int32(truncatingIfNeeded: number(CURLINFO_OS_ERRNO))
        if error == ECONNREFUSED {
            return Failure(.provider, "\(party) refuses connections; check the port in its URL, and that the server runs")
        }
        let reason = error == 0 ? "" : ": \(describe(errno: error))"
        return Failure(.provider, "cannot connect to \(party)\(reason); check its URL, and that this pod has a network")
    }

    private var timeoutFailure: Failure {
        let host = url.host
        // The time of a connection that was there before is 0, that of the request's beginning never.
        if microseconds(CURLINFO_PRETRANSFER_TIME_T) == 0 {
            let limit = secondsText(options.connectTimeout)
            return Failure(
                .timeout, "\(party) did not take a connection within \(limit); check its URL, and that the server runs")
        }
        // Near enough: the two clocks are not read at one moment.
        if microseconds(CURLINFO_TOTAL_TIME_T) / 1000 + 100 >= options.requestTimeout {
            let limit = secondsText(options.requestTimeout)
            return Failure(.timeout, "the answer of \(host) was not complete after \(limit); see whether the server is well")
        }
        let limit = secondsText(options.stallTimeout)
        return Failure(
            .timeout, "\(host) hangs: nothing came from it for \(limit); see whether the server is well, and try again")
    }

    /// X509_STORE_CTX_get_error(3) has the numbers. libcurl compares the name first, and then leaves the number as it was: 0, or 1.
    private var certificateFailure: Failure {
        let host = url.host
        let proxyError = number(CURLINFO_PROXY_SSL_VERIFYRESULT)
        if proxyError > 1 {
            return Failure(
                .refused,
                """
                the certificate of \(ProxyVariable.words) does not hold (OpenSSL's error \(proxyError)); for a proxy of your own, give \
                its authority's certificate as ca_file
                """)
        }
        switch number(CURLINFO_SSL_VERIFYRESULT) {
        case 0, 1:
            return Failure(
                .refused, "the server that answers for \(host) has a certificate for another name; write the name that it is for")
        case 9, 10:
            let problem = number(CURLINFO_SSL_VERIFYRESULT) == 9 ? "is not valid yet" : "has expired"
            return Failure(
                .refused,
                """
                the certificate of \(host) \(problem), as the clock here says \(clockText()); set the clock if that is wrong, else the \
                server needs a new certificate
                """)
        case 18, 19, 20, 21:
            return Failure(
                .refused,
                """
                the certificate of \(host) is from an authority that this system does not know; for a server of your own, give its \
                authority's certificate as ca_file
                """)
        case let error:
            return Failure(
                .refused, "the certificate of \(host) is not valid (OpenSSL's error \(error)); the server needs a new one")
        }
    }
}

private func secondsText(_ milliseconds: Int64) -> String {
    milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
}

private func sizeText(_ bytes: Int) -> String {
    bytes % (1 << 20) == 0 ? "\(bytes >> 20) MiB" : "\(bytes) bytes"
}

/// "2026-11-21 20:31 UTC".
private func clockText() -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    var text = [UInt8](repeating: 0, count: 32)
    let count = text.withUnsafeMutableBytes { strftime($0.baseAddress, $0.count, "%Y-%m-%d %H:%M UTC", &parts) }
    return String(decoding: text.prefix(count), as: UTF8.self)
}
