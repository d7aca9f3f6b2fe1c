import Contract
import Testing

@testable import GhostShell

struct ResizePlanTests {
    private func plan(to length: UInt64, from old: UInt64 = 64 << 20) throws(Failure) -> ResizePlan {
        let segment = try DataSegment(offset: 16 << 20, sectorSize: 4096, ivTweak: 0, imageLength: old)
        return try ResizePlan(segment, newLength: length)
    }

    @Test("The file system gets what the header leaves, and the copy has room for both sizes meanwhile")
    func sizes() throws {
        let larger = try plan(to: 128 << 20)
        #expect(!larger.shrinks && larger.newDataLength == 112 << 20 && larger.workingLength == 128 << 20)
        let smaller = try plan(to: 40 << 20)
        #expect(smaller.shrinks && smaller.newDataLength == 24 << 20 && smaller.workingLength == 64 << 20)
    }

    @Test(
        "A size that no vault can have, or that it has, is a usage error",
        arguments: [0, 31 << 20, (64 << 20) + 1, 64 << 20, UInt64.max - 4095] as [UInt64])
    func wrong(length: UInt64) {
        let error = #expect(throws: Failure.self) { try plan(to: length) }
        #expect(error?.code == .usage)
    }

    @Test("A size that the files do not fit into is refused with the least that would do, rounded up to a MiB")
    func least() throws {
        let plan = try plan(to: 40 << 20)
        #expect(throws: Never.self) { try plan.checkFits(least: 24 << 20) }
        let failure = #expect(throws: Failure.self) { try plan.checkFits(least: (24 << 20) + 4096) }
        #expect(failure?.code == .vault && failure?.sentence.contains("41 MiB") == true)
        let error = #expect(throws: Failure.self) { try plan.checkFits(least: UInt64.max) }
        #expect(error?.code == .vault)
    }

    @Test(
        "resize2fs's estimate is its last word",
        arguments: [
            ("Estimated minimum size of the filesystem: 1234\n", 1234), ("no number\n", nil), ("", nil), ("7", 7),
        ] as [(String, UInt64?)])
    func estimate(output: String, expected: UInt64?) {
        #expect(Filesystem.lastNumber(in: output) == expected)
    }
}
