import Testing

@testable import GhostShell

struct AvailableMemoryTests {
    private func meminfo(_ text: String) -> UInt64? {
        AvailableMemory.meminfo([UInt8](text.utf8))
    }

    @Test("The machine's available memory is read from its line")
    func available() {
        #expect(meminfo("MemTotal:       8000000 kB\nMemFree:         100000 kB\nMemAvailable:   3456789 kB\n") == 3_456_789)
    }

    @Test(
        "Without the line there is no number",
        arguments: ["", "MemTotal: 5 kB\n", "NotMemAvailable: 5 kB\n", "MemAvailable: kB\n"])
    func missing(text: String) {
        #expect(meminfo(text) == nil)
    }

    @Test(
        "What a limit leaves is in KiB, and page cache does not count as used",
        arguments: [
            (10 << 20, 4 << 20, 0, 6 << 10), (10 << 20, 4 << 20, 1 << 20, 7 << 10), (10 << 20, 4 << 20, 4 << 20, 10 << 10),
            (10 << 20, 4 << 20, 5 << 20, 10 << 10), (10 << 20, 10 << 20, 0, 0), (10 << 20, 11 << 20, 0, 0), (0, 0, 0, 0),
            (2047, 0, 0, 1), (UInt64.max, 1, 0, UInt64.max >> 10),
        ] as [(UInt64, UInt64, UInt64, UInt64)])
    func remaining(limit: UInt64, usage: UInt64, cache: UInt64, expected: UInt64) {
        #expect(AvailableMemory.remaining(limit: limit, usage: usage, cache: cache) == expected)
    }

    @Test("Without a limit, or without knowing what is used, there is no number")
    func noLimit() {
        #expect(AvailableMemory.remaining(limit: nil, usage: 5, cache: 0) == nil)
        #expect(AvailableMemory.remaining(limit: 5, usage: nil, cache: 0) == nil)
    }

    @Test("This machine has some memory, and less than a million TiB")
    func here() {
        let kibibytes = AvailableMemory.kibibytes()
        #expect(kibibytes > 0 && kibibytes < 1 << 50)
    }
}
