import Contract
import Testing

@testable import GhostShell

struct DataSegmentTests {
    @Test(
        "The data is what lies between the offset and the image's end",
        arguments: [(16 << 20, 512, (16 << 20) + 512, 512), (0, 4096, 8192, 8192), (4096, 4096, 12_288, 8192)]
            as [(UInt64, UInt64, UInt64, UInt64)])
    func length(offset: UInt64, sectorSize: UInt64, imageLength: UInt64, length: UInt64) throws {
        let segment = try DataSegment(offset: offset, sectorSize: sectorSize, ivTweak: 3, imageLength: imageLength)
        #expect(segment.offset == offset)
        #expect(segment.length == length)
        #expect(segment.sectorSize == sectorSize)
        #expect(segment.ivTweak == 3)
    }

    @Test("Sectors are of 512 or 4096 bytes", arguments: [0, 1, 256, 511, 1024, 2048, 8192, UInt64.max])
    func sectorSize(size: UInt64) {
        let error = #expect(throws: Failure.self) {
            try DataSegment(offset: 0, sectorSize: size, ivTweak: 0, imageLength: 1 << 20)
        }
        #expect(error == Failure(.vault, "the vault has sectors of \(size) bytes; TazPod opens 512 and 4096"))
    }

    @Test(
        "An image that ends in or before its data was truncated",
        arguments: [
            (0, 0, 512), (4096, 0, 512), (4096, 4095, 512), (4096, 4096, 512), (4096, 4097, 512), (4096, 4096 + 511, 512),
            (4096, 8192 + 512, 4096), (UInt64.max, 1 << 20, 512),
        ] as [(UInt64, UInt64, UInt64)])
    func truncated(offset: UInt64, imageLength: UInt64, sectorSize: UInt64) {
        let error = #expect(throws: Failure.self) {
            try DataSegment(offset: offset, sectorSize: sectorSize, ivTweak: 0, imageLength: imageLength)
        }
        #expect(error?.code == .vault)
        #expect(error?.sentence.contains("truncated: it ends at \(imageLength) bytes") == true)
    }

    @Test(
        "A vector is the number of 512 bytes from the segment's start, and the tweak",
        arguments: [
            (512, 0, 0, 0), (512, 0, 512, 1), (512, 0, 512 * 1000, 1000), (4096, 0, 4096, 8), (4096, 0, 40_960, 80),
            (512, 7, 512, 8), (4096, 16, 4096, 24), (512, UInt64.max, 512, 0),
        ] as [(UInt64, UInt64, UInt64, UInt64)])
    func vector(sectorSize: UInt64, tweak: UInt64, position: UInt64, expected: UInt64) throws {
        let segment = try DataSegment(offset: 1 << 20, sectorSize: sectorSize, ivTweak: tweak, imageLength: 2 << 20)
        #expect(segment.initializationVector(at: position) == expected)
    }
}
