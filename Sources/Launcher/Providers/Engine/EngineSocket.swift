import CLinux
import Linux

/// A container engine's API on a socket of this machine: what it answers in two milliseconds takes its command line thirty.
///
/// Only a shortcut for looking. Whatever goes wrong here is no answer, and then the engine's own command line is asked.
struct EngineSocket {
    let path: String

    private static let seconds = 5
    private static let longestAnswer = 1 << 20
    /// Of an answer, after which comes what was asked for.
    static let endOfHead = [UInt8]("\r\n\r\n".utf8)

    struct Answer: Equatable {
        /// HTTP's.
        var status: Int
        var body: [UInt8]

        /// - Returns: nil when it is no answer of HTTP's in one piece.
        static func parse(_ bytes: [UInt8]) -> Answer? {
            guard let end = bytes.firstRange(of: EngineSocket.endOfHead) else { return nil }
            let words = bytes[..<end.lowerBound].prefix { $0 != UInt8(ascii: "\r") }.split(separator: UInt8(ascii: " "))
            guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8) else { return nil }
            guard let status = Int(String(decoding: words[1], as: UTF8.self)) else { return nil }
            return Answer(status: status, body: Array(bytes[end.upperBound...]))
        }
    }

    /// What is at `target`, a path of the API.
    func get(_ target: String) -> Answer? {
        guard let socket = request(target) else { return nil }
        let deadline = monotonicMilliseconds() + Int64(EngineSocket.seconds) * 1000
        var answer: [UInt8] = []
        while answer.count < EngineSocket.longestAnswer, let chunk = EngineSocket.chunk(of: socket, until: deadline) {
            if chunk.isEmpty { return Answer.parse(answer) }
            answer += chunk
        }
        return nil
    }

    /// Follows a container's log, until `line` is a line of its standard error, or for so many seconds.
    func follow(logOf container: String, until line: String, seconds: Int) -> Bool {
        guard let socket = request("/containers/\(container)/logs?stderr=1&follow=1") else { return false }
        let deadline = monotonicMilliseconds() + Int64(seconds) * 1000
        let wanted = [UInt8]("\(line)\n".utf8)
        var log = EngineLog()
        while let chunk = EngineSocket.chunk(of: socket, until: deadline), !chunk.isEmpty {
            if log.take(chunk).contains(wanted) { return true }
        }
        return false
    }

    private func request(_ target: String) -> Descriptor? {
        let raw = clinux_socket(AF_UNIX, CLINUX_STREAM)
        if raw < 0 { return nil }
        let socket = Descriptor(owning: raw)
        guard clinux_connect_unix(socket.raw, path) == 0 else { return nil }
        // Of version 1.0, so that the answer comes as it is and ends with the connection.
        let bytes = [UInt8]("GET \(target) HTTP/1.0\r\nHost: localhost\r\n\r\n".utf8)
        let sent = bytes.withUnsafeBytes { buffer in
            buffer.baseAddress.map { clinux_send(socket.raw, $0, buffer.count, nil, 0, 0) }
        }
        guard sent == bytes.count else { return nil }
        return socket
    }

    /// - Returns: nothing at the end; nil when `deadline` came first.
    private static func chunk(of socket: borrowing Descriptor, until deadline: Int64) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(socket.raw, $0.baseAddress, $0.count) }
            if count >= 0 { return Array(buffer[0..<count]) }
            guard clinux_errno() == EAGAIN || clinux_errno() == EINTR else { return nil }
            var watched = pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)
            let left = deadline - monotonicMilliseconds()
            if left <= 0 || poll(&watched, 1, Int32(clamping: left)) == 0 { return nil }
        }
    }
}
