import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import GhostShell

struct SwapRuleTests {
    private static let heading = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

    @Test("A heading alone is no swap; a line below it is, and so is what cannot be read")
    func lines() {
        #expect(!SwapSpace.mayBeOnDisk([UInt8](SwapRuleTests.heading.utf8)))
        #expect(!SwapSpace.mayBeOnDisk([]))
        #expect(SwapSpace.mayBeOnDisk([UInt8]((SwapRuleTests.heading + "/dev/sda2  partition  1048572  0  -2\n").utf8)))
        #expect(SwapSpace.mayBeOnDisk(nil))
        #expect(
            !SwapSpace.mayBeOnDisk([UInt8]((SwapRuleTests.heading + "/dev/zram0 partition 1 0 100\n").utf8)), "that is memory too"
        )
    }

    @Test("Swap is refused where memory cannot be exempt from it")
    func check() throws {
        let swapping = [UInt8]((SwapRuleTests.heading + "/swapfile file 1 0 -2\n").utf8)
        try SwapRule.check(swapping, canBeExempt: true)
        try SwapRule.check([UInt8](SwapRuleTests.heading.utf8), canBeExempt: false)
        let error = #expect(throws: Failure.self) { try SwapRule.check(swapping, canBeExempt: false) }
        #expect(error?.code == .refused)
        #expect(throws: Failure.self) { try SwapRule.check(nil, canBeExempt: false) }
    }
}

struct Ext4TimeTests {
    @Test(
        "A time comes back as it was, to the nanosecond",
        arguments: [
            (0, 0), (1, 999_999_999), (-1, 5), (-2_147_483_648, 0), (2_147_483_647, 1), (2_147_483_648, 2), (4_294_967_296, 3),
            (15_032_385_535, 4),
        ])
    func roundTrip(seconds: Int, nanoseconds: Int) {
        let time = Ext4Time(timespec(tv_sec: seconds, tv_nsec: nanoseconds)).time
        #expect(time.tv_sec == seconds && time.tv_nsec == nanoseconds)
    }

    @Test("What is out of reach is cut to what is near", arguments: [(Int.min, -2_147_483_648), (Int.max, 15_032_385_535)])
    func cut(seconds: Int, kept: Int) {
        #expect(Ext4Time(timespec(tv_sec: seconds, tv_nsec: 0)).time.tv_sec == kept)
    }

    @Test("The form is the kernel's: seconds since 2038 have an epoch of one, and nanoseconds are shifted by it")
    func form() {
        #expect(Ext4Time(timespec(tv_sec: 2_147_483_648, tv_nsec: 3)) == Ext4Time(low: 0x8000_0000, extra: 3 << 2 | 1))
        #expect(Ext4Time(low: 0, extra: UInt32.max).time.tv_nsec == 999_999_999)
    }
}

struct BlockRangesTests {
    @Test("Blocks that follow each other are one range, cut at the file's size")
    func ranges() {
        var blocks = BlockRanges()
        for block in [0, 1, 2, 5, 6, 9] as [UInt64] { blocks.add(block) }
        #expect(blocks.ranges == [0..<3, 5..<7, 9..<10])
        #expect(blocks.bytes(blockSize: 10, size: 65) == [0..<30, 50..<65])
    }

    @Test("Numbers that no file has are no trap")
    func overflow() {
        var blocks = BlockRanges()
        blocks.add(UInt64.max)
        blocks.add(UInt64.max / 2)
        #expect(blocks.bytes(blockSize: 4096, size: 100).isEmpty)
    }
}

struct FolderBlocksTests {
    private func lengths(_ block: [UInt8]) -> [Int] {
        var (position, result) = (0, [Int]())
        while position < block.count {
            result.append(Int(block[position + 4]) | Int(block[position + 5]) << 8)
            position += max(result.last ?? 0, 8)
        }
        return result
    }

    @Test("A folder without names has its own two, and the last entry reaches to the end")
    func empty() {
        let blocks = FolderBlocks.make([], itself: 12, parent: 2, blockSize: 1024, hasChecksum: false)
        #expect(blocks.count == 1 && blocks[0].count == 1024)
        #expect(blocks[0].prefix(9) == [12, 0, 0, 0, 12, 0, 1, 2, 46])
        #expect(lengths(blocks[0]) == [12, 1012])
    }

    @Test("With a checksum, each block ends with an entry for it")
    func checksum() {
        let blocks = FolderBlocks.make([], itself: 12, parent: 2, blockSize: 4096, hasChecksum: true)
        #expect(lengths(blocks[0]) == [12, 4072, 12])
        #expect(blocks[0].suffix(12) == [0, 0, 0, 0, 12, 0, 0, 0xde, 0, 0, 0, 0])
    }

    @Test("No entry crosses a block, and none is lost", arguments: [1, 4, 5, 100, 255])
    func many(length: Int) {
        let names = (0..<500).map {
            FolderBlocks.Name(text: [UInt8](repeating: 97, count: length), inode: 1000 + UInt32($0), type: 1)
        }
        let blocks = FolderBlocks.make(names, itself: 12, parent: 2, blockSize: 4096, hasChecksum: true)
        #expect(blocks.allSatisfy { $0.count == 4096 && lengths($0).reduce(0, +) == 4096 })
        #expect(blocks.map { lengths($0).count - 1 }.reduce(0, +) == 502)
        #expect(blocks.count > 1 || length < 4)
    }
}

struct SaveRecordTests {
    @Test("A change makes it unsaved, a save saved, a failure is kept until the next save")
    func update() {
        var record = SaveRecord(savedAt: 5)
        record.update(Message("changed"), now: 6)
        #expect(record.isUnsaved && record.savedAt == 5)
        record.update(Message("failed").adding("code", "7").adding("sentence", "no memory"), now: 7)
        #expect(record.isUnsaved && record.problem == Failure(.refused, "no memory"))
        #expect(record.fields.map { $0.0 } == ["unsaved", "saved", "save-problem"])
        record.update(Message("saved"), now: 8)
        #expect(record == SaveRecord(savedAt: 8))
        record.update(Message("changed"), now: 9)
        record.update(Message("unchanged"), now: 10)
        #expect(record == SaveRecord(savedAt: 8))
    }
}

struct WholeSectorTests {
    @Test("A range is widened to whole sectors, and ends with the data")
    func widened() throws {
        let segment = try DataSegment(offset: 4096, sectorSize: 4096, ivTweak: 0, imageLength: 4096 * 11)
        #expect(segment.wholeSectors(around: 1..<2) == 0..<4096)
        #expect(segment.wholeSectors(around: 4096..<8193) == 4096..<12288)
        #expect(segment.wholeSectors(around: 40_000..<40_960) == 36_864..<40_960)
    }
}

/// Plain data into an image and out of it again.
struct SparseCipherTests {
    private static let offset: UInt64 = 8192
    private static let length = 64 * 4096

    private func file(in folder: borrowing Folder, _ name: String, _ length: Int) throws -> Descriptor {
        let file = try Descriptor.open("\(folder.path)/\(name)", O_RDWR | O_CREAT, mode: 0o600, stage: "make a file")
        #expect(ftruncate(file.raw, off_t(length)) == 0)
        return file
    }

    private func write(_ bytes: [UInt8], to file: borrowing Descriptor, at position: Int) {
        #expect(pwrite(file.raw, bytes, bytes.count, off_t(position)) == bytes.count)
    }

    private func content(_ file: borrowing Descriptor, _ length: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        #expect(pread(file.raw, &bytes, length, 0) == length)
        return bytes
    }

    @Test(
        "What was written comes back, what was not stays hole, and zeroes that were written are written", arguments: [512, 4096])
    func roundTrip(sectorSize: UInt64) throws {
        let folder = try Folder()
        let total = Int(SparseCipherTests.offset) + SparseCipherTests.length
        let segment = try DataSegment(
            offset: SparseCipherTests.offset, sectorSize: sectorSize, ivTweak: 0, imageLength: UInt64(total))
        let sparse = SparseCipher(
            segment: segment,
            cipher: try BlockCipher(segment: segment, key: try SecretBuffer.holding(XTSVectors.longKey)))
        let plain = try file(in: folder, "plain", SparseCipherTests.length)
        write([1, 2, 3], to: plain, at: 4096)
        write([UInt8](repeating: 0, count: 4096), to: plain, at: 40_960)
        write([9], to: plain, at: SparseCipherTests.length - 1)
        let image = try file(in: folder, "image", total)
        try sparse.encrypt(plain, into: image)
        let encrypted = Array(content(image, total).dropFirst(Int(SparseCipherTests.offset)))
        #expect(encrypted[0..<4096].allSatisfy { $0 == 0 })
        #expect(encrypted[40_960..<45_056].contains { $0 != 0 })
        let back = try file(in: folder, "back", SparseCipherTests.length)
        try sparse.decrypt(image, into: back)
        #expect(content(back, SparseCipherTests.length) == content(plain, SparseCipherTests.length))
        #expect(try Extents.next(in: back, from: 0, to: 100_000)?.lowerBound == 4096)
    }
}

struct TreeFingerprintTests {
    private func fingerprint(_ folder: borrowing Folder) throws -> TreeFingerprint {
        let root = try Descriptor.open(folder.path, O_RDONLY | O_DIRECTORY, stage: "open a folder")
        return try TreeFingerprint.take(of: TreeFolder(root), withContent: true)
    }

    @Test("Any change of a tree changes its fingerprint, and a look does not")
    func changes() throws {
        let folder = try Folder()
        var seen = [try fingerprint(folder)]
        let commands = [
            "mkdir a", "echo x > a/b", "chmod 600 a/b", "ln a/b a/c", "ln -s b a/d", "mv a/c c", "touch -d 2001-01-01 a/b",
            "rm a/d",
        ]
        for command in commands {
            #expect(system("cd \(folder.path) && \(command)") == 0)
            let now = try fingerprint(folder)
            #expect(!seen.contains(now), "\(command)")
            seen.append(now)
        }
        #expect(system("cat \(folder.path)/a/b >/dev/null") == 0)
        #expect(try fingerprint(folder) == seen.last)
    }

    @Test("The order of names and where one ends count")
    func names() throws {
        let (one, other) = (try Folder(), try Folder())
        #expect(system("cd \(one.path) && mkdir ab c && cd \(other.path) && mkdir a bc") == 0)
        #expect(try fingerprint(one).outline != fingerprint(other).outline)
    }
}
