import CCurl
import CLinux
import Contract
import Linux

/// Asks servers over HTTP, several requests at a time, in one thread. Connections are kept for the next request
/// (libcurl-multi(3)).
///
/// It follows no redirect, keeps no cookie, reads no .netrc and asks for no compression, whose buffers are not in the secret heap.
/// A proxy is that of our environment (`ProxyVariable`), but for what `no_proxy` names; the pod's config gives it, or a shell of the ghost.
final class HTTPClient {
    private let options: HTTPOptions
    private let authorities: Authorities
    private let multi: UnsafeMutableRawPointer

    /// - Throws: code 3 when the file of authorities is none, 7 when libraries would have secrets on the ordinary heap.
    init(_ options: HTTPOptions = HTTPOptions()) throws(Failure) {
        guard SecretHeap.isInstalled else { throw SecretHeap.notInstalled }
        self.options = options
        authorities = try Authorities(extra: options.caFile)
        // It would have libcurl write the keys of connections into a file.
        unsetenv("SSLKEYLOGFILE")
        guard let multi = curl_multi_init() else {
            throw Failure(.provider, "there is no memory for requests; give the pod more")
        }
        self.multi = multi
        ccurl_multi_set_number(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
        ccurl_multi_set_number(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, options.connections)
        ccurl_multi_set_number(multi, CURLMOPT_MAXCONNECTS, options.connections)
    }

    deinit {
        curl_multi_cleanup(multi)
    }

    /// The answer to one request.
    func send(_ request: HTTPRequest) throws(Failure) -> HTTPResponse {
        var answer: Result<HTTPResponse, Failure> = .failure(Failure(.provider, "a request ended without an answer; try again"))
        send(requests: [request]) { _, result in answer = result }
        return try answer.get()
    }

    /// Hands each request's result to `deliver`, with its place in `requests`, as it comes.
    func send(requests: [HTTPRequest], deliver: (Int, Result<HTTPResponse, Failure>) -> Void) {
        var waiting = requests.enumerated().map { Attempt(index: $0.offset, request: $0.element) }
        var running: [(attempt: Attempt, transfer: Transfer)] = []
        while !waiting.isEmpty || !running.isEmpty {
            while running.count < options.requestsInFlight, let next = takeDue(&waiting) {
                do throws(Failure) {
                    running.append((next, try start(next)))
                } catch {
                    deliver(next.index, .failure(error))
                }
            }
            var count: Int32 = 0
            curl_multi_perform(multi, &count)
            while let (handle, code) = nextEnded() {
                guard let place = running.firstIndex(where: { $0.transfer.handle == handle }) else { continue }
                let (attempt, transfer) = running.remove(at: place)
                curl_multi_remove_handle(multi, handle)
                switch end(attempt, transfer, code) {
                case .again(let attempt): waiting.append(attempt)
                case .over(let result): deliver(attempt.index, result)
                }
            }
            pause(until: running.count < options.requestsInFlight ? waiting.map(\.due).min() : nil, isIdle: running.isEmpty)
        }
    }

    // MARK: - Attempts

    private struct Attempt {
        let index: Int
        let request: HTTPRequest
        /// When it may be made, in monotonic milliseconds.
        var due: Int64 = 0
        var tried = 0
        /// When the first try began.
        var began: Int64?
    }

    private enum End {
        case again(Attempt)
        case over(Result<HTTPResponse, Failure>)
    }

    private func takeDue(_ waiting: inout [Attempt]) -> Attempt? {
        let now = monotonicMilliseconds()
        guard let place = waiting.firstIndex(where: { $0.due <= now }) else { return nil }
        var attempt = waiting.remove(at: place)
        attempt.tried += 1
        attempt.began = attempt.began ?? now
        return attempt
    }

    private func start(_ attempt: Attempt) throws(Failure) -> Transfer {
        let transfer = try Transfer(attempt.request, options: options, authorities: authorities.path)
        guard curl_multi_add_handle(multi, transfer.handle) == CURLM_OK else {
            throw Failure(.provider, "there is no memory for a request; give the pod more")
        }
        return transfer
    }

    private func nextEnded() -> (UnsafeMutableRawPointer, CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left)?.pointee {
            if message.msg == CURLMSG_DONE, let handle = message.easy_handle { return (handle, message.data.result) }
        }
        return nil
    }

    private func end(_ attempt: Attempt, _ transfer: Transfer, _ code: CURLcode) -> End {
        let (failure, outcome) = code == CURLE_OK ? statusFailure(attempt.request, transfer) : transfer.failure(code)
        guard let failure else { return .over(.success(transfer.response())) }
        let now = monotonicMilliseconds()
        let pause = options.retry.pause(
            after: outcome, tried: attempt.tried, elapsed: now - (attempt.began ?? now),
            isRepeatable: attempt.request.isRepeatable,
            random: Double.random(in: 0..<1))
        guard let pause else { return .over(.failure(failure)) }
        var next = attempt
        next.due = now + pause
        return .again(next)
    }

    private func statusFailure(_ request: HTTPRequest, _ transfer: Transfer) -> (Failure?, RetryPolicy.Outcome) {
        let status = transfer.status
        if (200..<300).contains(status) || request.accepted.contains(status) { return (nil, .final) }
        let now = Int64(time(nil))
        let retryAfter = transfer.header("Retry-After").flatMap { RetryPolicy.retryAfter($0, now: now) }
        let failure = StatusFailure(
            host: transfer.url.host, path: transfer.url.path, status: status, retryAfter: retryAfter,
            location: transfer.redirectTarget, clockDifference: transfer.header("Date").flatMap { httpDate($0) }.map { $0 - now })
        return (failure.failure, .status(status, retryAfter: retryAfter))
    }

    /// Waits until something comes, or until `due`.
    private func pause(until due: Int64?, isIdle: Bool) {
        if due == nil && isIdle { return }
        let wait = due.map { min(max($0 - monotonicMilliseconds(), 0), 1000) } ?? 1000
        curl_multi_poll(multi, nil, 0, Int32(wait), nil)
    }
}
