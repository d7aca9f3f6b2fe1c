import CLinux
import Contract
import Linux

/// A tmpfs(5) that is mounted nowhere, and is never swapped out where the kernel allows to ask for that.
///
/// A memfd can be swapped out and cannot be exempt from it; a memfd_secret(2) has no read(2) for mke2fs and e2fsck, and like other
/// locked memory counts against a limit of a few MiB in most pods.
struct MemoryFilesystem: ~Copyable {
    /// The mount, which can be moved to a place once.
    let mount: Descriptor
    /// Its root folder, through which we reach it wherever it is mounted later, or was.
    let root: Descriptor

    /// - Parameters:
    ///   - size: The most that its files may take, in bytes.
    ///   - inodes: How many files it may hold.
    static func make(size: UInt64, inodes: UInt64, isExemptFromSwap: Bool) throws(Failure) -> MemoryFilesystem {
        try failing(.provider, next: "the pod needs CAP_SYS_ADMIN, in its own user namespace or the machine's") {
            () throws(SystemError) in
            let context = Descriptor(owning: try retrying("make a file system in memory") { clinux_fsopen("tmpfs") })
            let parameters = [("size", String(size)), ("nr_inodes", String(inodes)), ("mode", "0700")]
            for (key, value) in parameters {
                try retrying("set up a file system in memory") { clinux_fsconfig_string(context.raw, key, value) }
            }
            if isExemptFromSwap {
                try retrying("exempt a file system from swap") { clinux_fsconfig_flag(context.raw, "noswap") }
            }
            try retrying("start a file system in memory") { clinux_fsconfig_create(context.raw) }
            let attributes = UInt32(CLINUX_MOUNT_ATTR_NOSUID | CLINUX_MOUNT_ATTR_NODEV | CLINUX_MOUNT_ATTR_NOATIME)
            let mount = Descriptor(
                owning: try retrying("mount a file system in memory") { clinux_fsmount(context.raw, attributes) })
            let root = Descriptor(
                owning: try retrying("open a file system in memory") {
                    clinux_openat(mount.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
                })
            return MemoryFilesystem(mount: mount, root: root)
        }
    }

    /// Whether the kernel has `noswap` (since 6.4), and lets us use it: a user namespace's root may not.
    static var canBeExemptFromSwap: Bool {
        let raw = clinux_fsopen("tmpfs")
        if raw < 0 { return false }
        let context = Descriptor(owning: raw)
        return clinux_fsconfig_flag(context.raw, "noswap") == 0
    }

    /// A file of `size` bytes in it that has no name, and ends with its last descriptor.
    func namelessFile(size: UInt64) throws(Failure) -> Descriptor {
        try failing(.vault) { () throws(SystemError) in
            let file = Descriptor(
                owning: try retrying("make a file in memory") {
                    clinux_openat(root.raw, ".", clinux_tmpfile_flag | O_RDWR | O_CLOEXEC, 0o600)
                })
            try retrying("give a file in memory its size") { ftruncate(file.raw, off_t(clamping: size)) }
            return file
        }
    }
}
