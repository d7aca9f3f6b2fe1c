/// The few fields of an ext4 superblock that tell how large the file system is (kernel documentation,
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
        let blocks = number(0x04) | (has64BitCounts ? number(0x150) << 32 : 0)
        let (size, overflow) = blocks.multipliedReportingOverflow(by: 1 << blockShift)
        guard !overflow else { return nil }
        self.size = size
        blockSize = 1 << blockShift
        let freeBlocks = number(0x0c) | (has64BitCounts ? number(0x158) << 32 : 0)
        free = freeBlocks.multipliedReportingOverflow(by: 1 << blockShift).partialValue
        needsRecovery = number(0x60) & 0x4 != 0
    }
}
