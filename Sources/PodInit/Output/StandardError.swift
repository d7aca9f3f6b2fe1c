import CLinux

/// PID 1's standard error, for whole lines: never waits for its reader, and remembers only so much for one that is slow.
struct StandardError {
    static let queueLimit = 64 * 1024

    private var queue: [UInt8] = []
    /// Lines that found the queue full since the last that was written.
    private(set) var dropped = 0

    /// There is something to write once the reader reads again.
    var isWaiting: Bool { !queue.isEmpty }

    /// Writes `line` with a newline, now or when there is room, or drops it.
    mutating func writeLine(_ line: [UInt8]) {
        let whole = line + [UInt8(ascii: "\n")]
        if queue.isEmpty && StandardError.hasRoom {
            StandardError.writeNow(whole[...])
        } else if queue.count + whole.count <= StandardError.queueLimit {
            queue += whole
        } else {
            dropped &+= 1
        }
    }

    /// There is room again: writes line by line for as long as it lasts.
    mutating func flush() {
        var rest = queue[...]
        while !rest.isEmpty && StandardError.hasRoom {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            StandardError.writeNow(rest[..<end])
            rest = rest[end...]
        }
        queue = Array(rest)
        if queue.isEmpty && dropped > 0 && StandardError.hasRoom {
            let notice = "tazpod-init: \(dropped) lines were dropped, because nobody read them\n"
            dropped = 0
            StandardError.writeNow([UInt8](notice.utf8)[...])
        }
    }

    /// A pipe that poll(2) calls writable takes PIPE_BUF bytes without waiting, and no line is longer.
    static var hasRoom: Bool {
        var watched = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        return poll(&watched, 1, 0) == 1
    }

    /// A reader that has gone is nobody's error.
    private static func writeNow(_ bytes: ArraySlice<UInt8>) {
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
