/// A container's log as an engine's API streams it: after HTTP's head a frame for each line, which begins with the stream's number,
/// three zeros and the length.
struct EngineLog {
    private var rest: [UInt8] = []
    private var isPastHead = false

    private static let frameHead = 8

    /// Takes what was read, and returns the lines that it completes.
    mutating func take(_ chunk: [UInt8]) -> [[UInt8]] {
        rest += chunk
        if !isPastHead {
            guard let end = rest.firstRange(of: EngineSocket.endOfHead) else { return [] }
            rest.removeSubrange(..<end.upperBound)
            isPastHead = true
        }
        var lines: [[UInt8]] = []
        while rest.count >= EngineLog.frameHead {
            let end = EngineLog.frameHead + rest[4..<EngineLog.frameHead].reduce(0) { $0 << 8 | Int($1) }
            if rest.count < end { break }
            lines.append(Array(rest[EngineLog.frameHead..<end]))
            rest.removeSubrange(..<end)
        }
        return lines
    }
}
