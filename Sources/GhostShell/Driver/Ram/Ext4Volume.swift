import CExt2fs
import CLinux
import Contract
import Linux

/// An ext4 in a file, read and written by libext2fs, with no mount. Only for a process that ends soon.
final class Ext4Volume {
    let handle: ext2_filsys

    /// - Throws: code 6 when the library cannot read it.
    init(_ file: borrowing Descriptor, isWritable: Bool) throws(Failure) {
        initialize_ext2_error_table()
        var handle: ext2_filsys?
        let flags = EXT2_FLAG_64BITS | (isWritable ? EXT2_FLAG_RW : 0)
        let code = cext2fs_open("/proc/self/fd/\(file.raw)", flags, &handle)
        guard code == 0, let handle else { throw Ext4Volume.failure(code, "open the vault's file system") }
        self.handle = handle
        if isWritable { try Ext4Volume.check(ext2fs_read_bitmaps(handle), "read the vault's file system") }
    }

    /// Writes everything to the file.
    func close() throws(Failure) {
        try Ext4Volume.check(ext2fs_flush(handle), "finish the vault's file system")
    }

    deinit {
        ext2fs_free(handle)
    }

    /// - Parameter stage: A verb phrase, for the sentence.
    static func check(_ code: errcode_t, _ stage: String) throws(Failure) {
        if code != 0 { throw failure(code, stage) }
    }

    private static func failure(_ code: errcode_t, _ stage: String) -> Failure {
        switch code {
        case errcode_t(EXT2_ET_BLOCK_ALLOC_FAIL), errcode_t(EXT2_ET_INODE_ALLOC_FAIL), errcode_t(ENOSPC):
            Failure(.vault, "what is in the vault no longer fits into it: remove some files")
        case errcode_t(EXT2_ET_NO_MEMORY), errcode_t(ENOMEM):
            Failure(.vault, "cannot \(stage): there is not enough memory")
        default: Failure(.vault, "cannot \(stage): \(String(cString: error_message(code)))")
        }
    }

    /// An inode, in the large form; what the file system's inodes are too small for is zero.
    func inode(_ number: ext2_ino_t) throws(Failure) -> ext2_inode_large {
        var inode = ext2_inode_large()
        let code = withUnsafeMutablePointer(to: &inode) { pointer in
            pointer.withMemoryRebound(to: ext2_inode.self, capacity: 1) {
                ext2fs_read_inode_full(handle, number, $0, Int32(MemoryLayout<ext2_inode_large>.size))
            }
        }
        try Ext4Volume.check(code, "read an inode of the vault")
        return inode
    }

    func write(_ inode: ext2_inode_large, to number: ext2_ino_t, isNew: Bool = false) throws(Failure) {
        var inode = inode
        let code = withUnsafeMutablePointer(to: &inode) { pointer in
            pointer.withMemoryRebound(to: ext2_inode.self, capacity: 1) {
                isNew
                    ? ext2fs_write_new_inode(handle, number, $0)
                    : ext2fs_write_inode_full(handle, number, $0, Int32(MemoryLayout<ext2_inode_large>.size))
            }
        }
        try Ext4Volume.check(code, "write an inode of the vault")
    }
}

/// A time in an inode: 34 bits of seconds, of which the upper two are an epoch, and nanoseconds (kernel documentation,
/// filesystems/ext4/inodes.rst, "Inode Timestamps").
struct Ext4Time: Equatable {
    var low: UInt32
    var extra: UInt32

    init(low: UInt32, extra: UInt32) {
        self.low = low
        self.extra = extra
    }

    /// Times before 1901 and after 2446 are cut to what can be kept.
    init(_ time: timespec) {
        let seconds = min(max(Int64(time.tv_sec), Int64(Int32.min)), Int64(Int32.max) + 3 << 32)
        low = UInt32(truncatingIfNeeded: seconds)
        let epoch = UInt32(truncatingIfNeeded: (seconds - Int64(Int32(truncatingIfNeeded: seconds))) >> 32)
        extra = epoch & 3 | UInt32(truncatingIfNeeded: time.tv_nsec) << 2
    }

    var time: timespec {
        let seconds = Int64(Int32(bitPattern: low)) + Int64(extra & 3) << 32
        // More than that is no number of nanoseconds: the inode is damaged, its time is not worth an error.
        return timespec(tv_sec: Int(seconds), tv_nsec: Int(min(extra >> 2, 999_999_999)))
    }
}
