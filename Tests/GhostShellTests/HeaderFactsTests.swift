import Testing

@testable import GhostShell

struct HeaderFactsTests {
    private static let today = DerivationCost(memoryKiB: 128 * 1024, iterations: 4, threads: 2)

    @Test(
        "Guessing is cheaper with another derivation, fewer iterations or less than half of the memory",
        arguments: [
            ("argon2id", 128, 4, false), ("argon2id", 1024, 9, false), ("argon2id", 64, 4, false), ("argon2id", 63, 4, true),
            ("argon2id", 128, 3, true), ("argon2i", 128, 4, true), ("pbkdf2", 0, 1_000_000, true),
        ] as [(String, UInt64, UInt64, Bool)])
    func weaker(type: String, memory: UInt64, iterations: UInt64, expected: Bool) {
        let cost = SlotCost(type: type, memoryKiB: memory * 1024, iterations: iterations, threads: 1)
        #expect(cost.isWeaker(than: HeaderFactsTests.today) == expected)
    }

    @Test("Less than the least is weak however little memory there is")
    func least() {
        let cost = SlotCost(type: "argon2id", memoryKiB: 20 * 1024, iterations: 4, threads: 1)
        #expect(cost.isWeaker(than: DerivationCost(memoryKiB: 32 * 1024, iterations: 4, threads: 1)))
    }

    @Test("The digest of the key is found among the digests alone")
    func digest() {
        let token = #""tokens":{"0":{"type":"x","note":"\"digests\":{\"digest\":\"no\"","digest":"neither"}}"#
        let digests = #""digests": {"0": {"type":"pbkdf2", "salt":"c2FsdA==", "digest": "ZGlnZXN0"}}"#
        #expect(HeaderIdentity.digest(json: "{\(token),\(digests)}") == "ZGlnZXN0")
        #expect(HeaderIdentity.digest(json: "{\(token)}") == nil)
        #expect(HeaderIdentity.digest(json: "") == nil)
    }
}
