import Testing

@testable import GhostShell

struct HalfBlocksTests {
    private func draw(_ rows: [String]) -> [String] {
        var bytes: [UInt8] = []
        let modules = rows.map { Array($0) }
        HalfBlocks.draw(width: rows.count, isDark: { column, row in modules[row][column] == "#" }) { bytes.append($0) }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map {
            String($0.replacing("\u{1b}[37;40;1m", with: "").replacing("\u{1b}[0m", with: ""))
        }
    }

    @Test("Two rows of modules are one line, with four white ones around them")
    func picture() {
        let lines = draw(["##", "# "])
        #expect(lines == ["██████████", "██████████", "████ ▄████", "██████████", "██████████"])
    }

    @Test("An odd number of rows ends with half a line")
    func odd() {
        let lines = draw(["# #", "   ", "###"])
        #expect(lines.count == 6)
        #expect(lines[2] == "████▄█▄████")
        #expect(lines[3] == "████▄▄▄████")
        #expect(lines[5] == "▀▀▀▀▀▀▀▀▀▀▀")
    }

    @Test("Every line sets its colours, and ends with none")
    func colours() {
        var bytes: [UInt8] = []
        HalfBlocks.draw(width: 1, isDark: { _, _ in true }) { bytes.append($0) }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            #expect(line.hasPrefix("\u{1b}[37;40;1m") && line.hasSuffix("\u{1b}[0m"))
        }
    }
}
