import CExt2fs

/// The few fields of an ext4 superblock that tell how large the file system is, how full, and which (kernel documentation,
/// filesystems/ext4/super.rst).
struct Ext4Superblock: Equatable {
    /// Where it lies on the device, and how much of it is read, in bytes.
    static let position = 1024
    static let length = 1024

    /// Bytes of a block.
    var blockSize: UInt64
    /// Bytes.
    var size: UInt64
    /// Of them, those that files may still take; as of the last time that it was mounted or checked.
    var free: UInt64
    /// The journal holds what has not yet got to its place: it was not unmounted in order.
    var needsRecovery: Bool
    /// It says that it was unmounted in order and has no errors, its checksum vouches for that, and nobody set a day or a number of
    /// mounts after which it is to be looked at all the same: e2fsck(8) without `-f` would find nothing to do.
    var isClean: Bool
    var inodes: UInt64
    /// Bytes that its own tables and its journal take.
    var overhead: UInt64
    var uuid: [UInt8]
    var label: [UInt8]

    /// - Returns: nil when `bytes` is no superblock.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= Ext4Superblock.length else { return nil }
        let number = { (offset: Int) -> UInt64 in
            (0..<4).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
        }
        let magic = number(0x38) & 0xffff
        let blockShift = number(0x18) + 10
        guard magic == 0xef53, blockShift <= 16 else { return nil }
        let has64BitCounts = number(0x60) & 0x80 != 0
        let count = { (low: Int, high: Int) in number(low) | (has64BitCounts ? number(high) << 32 : 0) }
        let blocks = count(0x04, 0x150)
        let (size, overflow) = blocks.multipliedReportingOverflow(by: 1 << blockShift)
        guard !overflow else { return nil }
        self.size = size
        blockSize = 1 << blockShift
        free = min(count(0x0c, 0x158), blocks) << blockShift
        needsRecovery = number(0x60) & 0x4 != 0
        let state = number(0x38) >> 16
        let hasOrphans = number(0xe8) != 0
        let mostMounts = Int16(truncatingIfNeeded: number(0x34) >> 16)
        let isDueLater = mostMounts <= 0 && number(0x44) == 0
        isClean = state == 1 && !needsRecovery && !hasOrphans && isDueLater && Ext4Superblock.isVouchedFor(bytes)
        inodes = number(0x00)
        uuid = Array(bytes[0x68..<0x78])
        label = Array(bytes[0x78..<0x88].prefix { $0 != 0 })
        let journal = number(0x14c)
        let tables = inodes &* (number(0x58) & 0xffff)
        let groups = blocks / max(number(0x20), 1) + 1
        // Two bitmaps, and descriptors with the room that they have to grow.
        let descriptors = groups &* (2 + (number(0xcc) >> 16) / 4 + 1) << blockShift
        overhead = min(size, journal &+ tables &+ descriptors)
    }

    /// Whether the file system has checksums, and the superblock's is right.
    private static func isVouchedFor(_ bytes: [UInt8]) -> Bool {
        let number = { (offset: Int) in (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) } }
        let hasChecksums = number(0x64) & 0x400 != 0
        return hasChecksums && number(checksumPosition) == ext2fs_crc32c_le(UInt32.max, bytes, checksumPosition)
    }

    private static let checksumPosition = 0x3fc

    /// What files can take of it, in bytes.
    var capacity: UInt64 { size - overhead }
    /// What they took, in bytes; a little more than that.
    var used: UInt64 { size - free }

    /// The identity, as options of mke2fs.
    var identityOptions: [String] {
        let text = uuid.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { text[$0].joined() }
        return ["-U", groups.joined(separator: "-"), "-L", String(decoding: label, as: UTF8.self), "-N", String(inodes)]
    }
}
