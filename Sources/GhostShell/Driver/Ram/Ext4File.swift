import CExt2fs
import CLinux
import Contract

/// A regular file, or a link's text, of an `Ext4Volume`, open.
final class Ext4File {
    private let volume: Ext4Volume
    private let number: ext2_ino_t
    private var handle: ext2_file_t?

    init(_ volume: Ext4Volume, _ number: ext2_ino_t, isWritable: Bool) throws(Failure) {
        self.volume = volume
        self.number = number
        let flags = isWritable ? EXT2_FILE_WRITE : 0
        try Ext4Volume.check(ext2fs_file_open(volume.handle, number, flags, &handle), "open a file of the vault")
    }

    deinit {
        if let handle { ext2fs_file_close(handle) }
    }

    /// Reads exactly as much as `piece` holds.
    func read(_ piece: UnsafeMutableRawBufferPointer, at position: UInt64) throws(Failure) {
        try Ext4Volume.check(ext2fs_file_llseek(handle, position, EXT2_SEEK_SET, nil), "read a file of the vault")
        var done = 0
        while done < piece.count {
            var count: UInt32 = 0
            let code = ext2fs_file_read(handle, piece.baseAddress.map { $0 + done }, UInt32(clamping: piece.count - done), &count)
            try Ext4Volume.check(code, "read a file of the vault")
            guard count > 0 else {
                throw Failure(.vault, "a file of the vault is shorter than its inode says; check it with e2fsck")
            }
            done += Int(count)
        }
    }

    func write(_ piece: UnsafeRawBufferPointer, at position: UInt64) throws(Failure) {
        try Ext4Volume.check(ext2fs_file_llseek(handle, position, EXT2_SEEK_SET, nil), "write a file of the vault")
        var done = 0
        while done < piece.count {
            var count: UInt32 = 0
            let code = ext2fs_file_write(
                handle, piece.baseAddress.map { $0 + done }, UInt32(clamping: piece.count - done), &count)
            try Ext4Volume.check(code, "write a file of the vault")
            done += Int(count)
        }
    }

    /// Sets the size, and writes what is still kept back.
    func finish(size: UInt64) throws(Failure) {
        try Ext4Volume.check(ext2fs_file_set_size2(handle, ext2_off64_t(clamping: size)), "write a file of the vault")
        try Ext4Volume.check(ext2fs_file_close(handle), "write a file of the vault")
        handle = nil
    }

    /// What of it has blocks, in bytes, cut at `size`: all else is hole. A file may be larger than any disk.
    func ranges(size: UInt64) throws(Failure) -> [Range<UInt64>] {
        var blocks = BlockRanges()
        let code = withUnsafeMutablePointer(to: &blocks) { blocks in
            ext2fs_block_iterate3(
                volume.handle, number, BLOCK_FLAG_READ_ONLY | BLOCK_FLAG_DATA_ONLY, nil,
                { _, _, position, _, _, blocks in
                    if position >= 0 { blocks?.assumingMemoryBound(to: BlockRanges.self).pointee.add(UInt64(position)) }
                    return 0
                }, blocks)
        }
        try Ext4Volume.check(code, "find the blocks of a file of the vault")
        return blocks.bytes(blockSize: UInt64(volume.handle.pointee.blocksize), size: size)
    }
}

/// Ranges of blocks, as they come one by one.
struct BlockRanges: Equatable {
    private(set) var ranges: [Range<UInt64>] = []

    mutating func add(_ block: UInt64) {
        let (end, overflow) = block.addingReportingOverflow(1)
        if overflow { return }
        if let last = ranges.last, last.upperBound == block {
            ranges[ranges.count - 1] = last.lowerBound..<end
        } else {
            ranges.append(block..<end)
        }
    }

    /// The same in bytes, without what lies beyond `size`.
    func bytes(blockSize: UInt64, size: UInt64) -> [Range<UInt64>] {
        ranges.compactMap { range in
            let start = range.lowerBound.multipliedReportingOverflow(by: blockSize)
            let end = range.upperBound.multipliedReportingOverflow(by: blockSize)
            guard !start.overflow, start.partialValue < size else { return nil }
            return start.partialValue..<(end.overflow ? size : min(end.partialValue, size))
        }
    }
}
