import Testing

@testable import Launcher

struct StableHashTests {
    /// The numbers are those of the authors' own tests of FNV-1a.
    @Test(
        "The hash is FNV-1a of 64 bits",
        arguments: [
            ("", "cbf29ce484222325"), ("a", "af63dc4c8601ec8c"), ("foobar", "85944171f73967e8"), ("foo", "dcb27518fed9d577"),
        ])
    func vectors(text: String, expected: String) {
        #expect(StableHash.hexadecimal(text.utf8) == expected)
    }

    @Test("A hash has 16 digits, also where it begins with zeroes")
    func padding() {
        let hashes = (0..<1000).map { StableHash.hexadecimal("\($0)".utf8) }
        #expect(hashes.allSatisfy { $0.count == 16 })
        #expect(hashes.contains { $0.hasPrefix("0") })
        #expect(Set(hashes).count == 1000)
    }
}
