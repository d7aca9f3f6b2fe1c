/// Cuts a stream into lines, and keeps the last of them.
struct LineLog {
    /// Lines kept, and the most bytes they may take together.
    static let keptLines = 200
    static let keptBytes = 24 * 1024
    /// A longer line is cut into several: a write of this and a prefix to a pipe is never mixed with another (PIPE_BUF, pipe(7)).
    static let longestLine = 3840

    private(set) var lines: [[UInt8]] = []
    private var first = 0
    private var bytes = 0
    private var partial: [UInt8] = []

    /// The kept lines, oldest first.
    var kept: [[UInt8]] { Array(lines[first...]) }

    /// Takes what was read, and returns the lines that it completes.
    mutating func take(_ chunk: ArraySlice<UInt8>) -> [[UInt8]] {
        var complete: [[UInt8]] = []
        for byte in chunk {
            if byte == UInt8(ascii: "\n") {
                complete.append(partial)
                partial.removeAll(keepingCapacity: true)
            } else {
                partial.append(byte)
                if partial.count == LineLog.longestLine {
                    complete.append(partial)
                    partial.removeAll(keepingCapacity: true)
                }
            }
        }
        for line in complete { keep(line) }
        return complete
    }

    /// The stream has ended: what was left without a newline is a line too.
    mutating func finish() -> [UInt8]? {
        guard !partial.isEmpty else { return nil }
        let line = partial
        partial = []
        keep(line)
        return line
    }

    private mutating func keep(_ line: [UInt8]) {
        lines.append(line)
        bytes &+= line.count
        while lines.count &- first > LineLog.keptLines || bytes > LineLog.keptBytes {
            bytes &-= lines[first].count
            lines[first] = []
            first &+= 1
        }
        if first >= LineLog.keptLines {
            lines.removeFirst(first)
            first = 0
        }
    }
}
