import Contract
import Linux
import Testing

@testable import GhostShell

/// The bytes 0 to 31.
private let text = "cccbcdce-cfcgchci-cjckclcn-crctcucv-bcbbbdbe-bfbgbhbi-bjbkblbn-brbtbubv"

struct RecoveryKeyTests {
    private func normalized(_ typed: String) throws -> String? {
        guard let key = try RecoveryKey.normalized(try SecretBuffer.holding([UInt8](typed.utf8))) else { return nil }
        return key.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    @Test("The digits 0 to 15 are written as modhex, in groups of eight")
    func digits() throws {
        let key = try RecoveryKey.text(try SecretBuffer.holding(Array(0..<32)))
        #expect(key.withBytes { String(decoding: $0, as: UTF8.self) } == text)
    }

    @Test("A new key is of that form, and another each time")
    func new() throws {
        let first = try RecoveryKey.make().withBytes { String(decoding: $0, as: UTF8.self) }
        let second = try RecoveryKey.make().withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(first.utf8.count == RecoveryKey.length)
        #expect(first != second)
        #expect(try normalized(first) == first)
    }

    @Test(
        "However it is typed, it is the same key",
        arguments: [text, text.uppercased(), text.replacing("-", with: ""), text.uppercased().replacing("-", with: "")])
    func typed(form: String) throws {
        #expect(try normalized(form) == text)
    }

    @Test(
        "What is no recovery key is left alone",
        arguments: [
            "", "c", "x" + text.dropFirst(), text + "c", "-" + text.dropLast(), text.dropFirst() + "-",
            String(repeating: "-", count: 71), String(repeating: "c", count: 71),
        ])
    func others(typed: String) throws {
        #expect(try normalized(typed) == nil)
    }
}
