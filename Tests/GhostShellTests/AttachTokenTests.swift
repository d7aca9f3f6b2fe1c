import Testing

@testable import GhostShell

struct AttachTokenTests {
    private func token(_ length: Int, _ last: UInt8 = 0x61) throws -> AttachToken? {
        try AttachToken([UInt8](repeating: 0x61, count: length - 1) + [last])
    }

    @Test("A token has 32 to 128 bytes", arguments: [(31, false), (32, true), (64, true), (128, true), (129, false)])
    func length(length: Int, isToken: Bool) throws {
        #expect(try (token(length) != nil) == isToken)
    }

    @Test("Nothing is no token")
    func nothing() throws {
        #expect(try AttachToken(nil) == nil)
        #expect(try AttachToken([]) == nil)
    }

    @Test("A token matches its like, and no other")
    func matches() throws {
        let first = try #require(try token(64))
        #expect(first.matches(try #require(try token(64))))
        #expect(!first.matches(try #require(try token(64, 0x62))))
        #expect(!first.matches(try #require(try token(63))))
        #expect(!first.matches(try #require(try token(65))))
    }

    @Test("A token that begins differently does not match")
    func firstByte() throws {
        let rest = [UInt8](repeating: 0x61, count: 40)
        let first = try #require(try AttachToken([0x30] + rest))
        #expect(!first.matches(try #require(try AttachToken([0x31] + rest))))
    }
}
