import Testing

@testable import PodInit

struct LineLogTests {
    private func take(_ log: inout LineLog, _ text: String) -> [String] {
        log.take([UInt8](text.utf8)[...]).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("Chunks become lines, wherever they were cut")
    func lines() {
        var log = LineLog()
        #expect(take(&log, "on") == [])
        #expect(take(&log, "e\ntwo\n\nth") == ["one", "two", ""])
        #expect(take(&log, "ree\n") == ["three"])
        #expect(log.finish() == nil)
        _ = take(&log, "rest")
        #expect(log.finish() == [UInt8]("rest".utf8))
        #expect(log.finish() == nil)
    }

    @Test("A line without an end is cut")
    func longLine() {
        var log = LineLog()
        let lines = take(&log, String(repeating: "x", count: LineLog.longestLine * 2 + 5) + "\n")
        #expect(lines.map { $0.count } == [LineLog.longestLine, LineLog.longestLine, 5])
    }

    @Test("The last 200 lines are kept", arguments: [1, 199, 200, 201, 399, 400, 401, 5_000])
    func kept(count: Int) {
        var log = LineLog()
        for number in 0..<count { _ = take(&log, "\(number)\n") }
        let expected = (max(0, count - 200)..<count).map { [UInt8]("\($0)".utf8) }
        #expect(log.kept == expected)
    }

    @Test("Long lines take no more memory together than they may")
    func bounded() {
        var log = LineLog()
        for _ in 0..<100 { _ = take(&log, String(repeating: "x", count: 1000) + "\n") }
        #expect(log.kept.count == LineLog.keptBytes / 1000)
    }
}
