import Testing

@testable import PodInit

struct EventTokenTests {
    private static let kinds: [EventToken.Kind] = [.signals, .timer, .listener, .client, .ghost, .job]

    @Test("A token comes out of its number as it went in", arguments: kinds, [0, 1, UInt32.max])
    func roundTrip(kind: EventToken.Kind, identifier: UInt32) throws {
        let token = try #require(EventToken(raw: EventToken(kind, identifier).raw))
        #expect(token.kind == kind)
        #expect(token.identifier == identifier)
    }

    @Test("No two tokens share a number")
    func unique() {
        let tokens = EventTokenTests.kinds.flatMap { kind in [0, 1, UInt32.max].map { EventToken(kind, $0).raw } }
        #expect(Set(tokens).count == tokens.count)
    }

    @Test("A number of no kind is no token", arguments: [0, 1, 99 << 32, UInt64.max])
    func unknown(raw: UInt64) {
        #expect(EventToken(raw: raw) == nil)
    }
}
