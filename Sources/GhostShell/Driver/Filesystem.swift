import CLinux
import Contract
import Linux

/// The ext4 inside a vault: made and checked by e2fsprogs.
enum Filesystem {
    /// Makes an ext4 whose root folder is `owner`'s.
    ///
    /// - Parameter identity: Further options, for one that takes another's place.
    static func make(on device: borrowing Descriptor, owner: Account, identity: [String] = []) throws(Failure) {
        try endMaking(try beginMaking(on: device, owner: owner, identity: identity))
    }

    /// Starts to make one, and does not wait. The journal and 4096-byte blocks are asked for by name: mke2fs leaves them out on
    /// small devices.
    static func beginMaking(
        on device: borrowing Descriptor, owner: Account, identity: [String] = []
    ) throws(Failure) -> RunningTool {
        try RunningTool.start(
            ["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-m", "0"] + identity + [
                "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard,root_owner=\(owner.uid):\(owner.gid)", "/proc/self/fd/3",
            ], on: device)
    }

    static func endMaking(_ tool: consuming RunningTool) throws(Failure) {
        let result = try tool.end()
        if result.status != 0 { throw Failure(.vault, "mke2fs could not make the vault's file system: \(result.complaint)") }
    }

    /// Replays the journal and mends what needs no decision. One that was unmounted in order has neither, and e2fsck is not started.
    ///
    /// - Throws: code 6 when somebody has to decide; then nothing was changed.
    static func check(_ device: borrowing Descriptor) throws(Failure) {
        let superblock = try superblock(of: device)
        try checkSize(superblock, of: device)
        if superblock.isClean { return }
        let result = try run(["e2fsck", "-p", "/proc/self/fd/3"], on: device)
        // 1: mended; e2fsck(8) calls 4 and above trouble.
        if result.status & ~3 != 0 {
            if result.output.contains(describe(errno: EIO)) {
                throw Failure(
                    .vault,
                    "the vault's file system could not be read: the disk under it may be failing; copy the image to another")
            }
            throw damage(result.complaint)
        }
    }

    /// Looks at every part, also of a file system that says that it is clean, and changes nothing.
    ///
    /// - Throws: code 6 when there is anything to mend.
    static func verify(_ device: borrowing Descriptor) throws(Failure) {
        if let problem = try problem(on: device) { throw damage(problem) }
    }

    private static func damage(_ complaint: String) -> Failure {
        Failure(.vault, "the vault's file system is damaged (\(complaint)); restore a backup, or mend a copy with e2fsck")
    }

    /// e2fsck would write before it gives such an image up.
    private static func checkSize(_ superblock: Ext4Superblock, of device: borrowing Descriptor) throws(Failure) {
        let deviceSize = UInt64(
            try failing(.vault) { () throws(SystemError) in
                try retrying("measure the vault") { lseek(device.raw, 0, SEEK_END) }
            })
        guard superblock.size <= deviceSize else {
            throw Failure(
                .vault,
                "the vault is damaged: its file system has \(superblock.size) bytes and its image room for \(deviceSize); restore a backup"
            )
        }
    }

    static func superblock(of device: borrowing Descriptor) throws(Failure) -> Ext4Superblock {
        let bytes = try failing(.vault) { () throws(SystemError) in
            try device.read(
                UInt64(Ext4Superblock.length), at: UInt64(Ext4Superblock.position), stage: "read the vault's superblock")
        }
        guard let superblock = Ext4Superblock(bytes) else {
            throw Failure(.vault, "the vault holds no ext4 file system, or its superblock is damaged; restore it from a backup")
        }
        return superblock
    }

    /// Runs one tool to its end, with the device as its descriptor 3.
    static func run(_ arguments: [String], on device: borrowing Descriptor) throws(Failure) -> ToolResult {
        try RunningTool.start(arguments, on: device).end()
    }
}

extension Filesystem {
    /// Writes a mounted file system to the disk and makes every later access to it fail (FS_IOC_SHUTDOWN), for those who still
    /// hold its files. Does nothing when the device is clear already.
    static func shutOff(_ identity: BlockDevice.Identity) {
        guard let device = BlockDevice.reopen(identity) else { return }
        // A second mount of a device is the same file system.
        let context = clinux_fsopen("ext4")
        guard context >= 0 else { return }
        let owned = Descriptor(owning: context)
        guard clinux_fsconfig_string(owned.raw, "source", "/proc/self/fd/\(device.raw)") == 0,
            clinux_fsconfig_create(owned.raw) == 0
        else { return }
        let mount = clinux_fsmount(owned.raw, 0)
        guard mount >= 0 else { return }
        let tree = Descriptor(owning: mount)
        let root = clinux_openat(tree.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        guard root >= 0 else { return }
        let directory = Descriptor(owning: root)
        syncfs(directory.raw)
        var logFlush: UInt32 = 1  // EXT4_GOING_FLAGS_LOGFLUSH, fs/ext4/ext4.h
        _ = clinux_ioctl(directory.raw, CLINUX_EXT4_SHUTDOWN, &logFlush)
    }
}
