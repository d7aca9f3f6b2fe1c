import CLinux
import Contract
import Linux

/// A block device that a vault's file system is on.
struct BlockDevice: ~Copyable {
    /// Which device it is, and what makes it ours: enough to find it again, and to see that it is still the same.
    enum Identity: Equatable {
        case loop(LoopDevice.Identity)
        case mapped(MappedDevice.Identity)
    }

    let descriptor: Descriptor
    let identity: Identity

    /// A path that leads to the device in this process, and in those it forks as long as they have the descriptor.
    var path: String { "/proc/self/fd/\(descriptor.raw)" }

    /// Opens the device again; nil when it is not there any more, or is another by now.
    static func reopen(_ identity: Identity) -> Descriptor? {
        switch identity {
        case .loop(let identity): LoopDevice.reopen(identity)
        case .mapped(let identity): MappedDevice.reopen(identity)
        }
    }

    /// Opens the block device of this number. A container's /dev is not the kernel's own and may lack the node, or forbid devices;
    /// then it is opened through one that nobody else sees, on a file system that is mounted nowhere.
    ///
    /// - Parameter path: Where /dev has it, if it has.
    static func node(_ path: String, major: UInt32, minor: UInt32) throws(SystemError) -> Descriptor {
        let raw = clinux_open(path, O_RDWR | O_CLOEXEC, 0)
        if raw >= 0 { return Descriptor(owning: raw) }
        guard clinux_errno() == ENOENT || clinux_errno() == EACCES else { throw SystemError.last("open \(path)") }
        let context = Descriptor(owning: try retrying("make a place for \(path)") { clinux_fsopen("tmpfs") })
        try retrying("make a place for \(path)") { clinux_fsconfig_create(context.raw) }
        let folder = Descriptor(owning: try retrying("make a place for \(path)") { clinux_fsmount(context.raw, 0) })
        let device = dev_t(clinux_makedev(major, minor))
        try retrying("make \(path)") { mknodat(folder.raw, "device", mode_t(S_IFBLK) | 0o600, device) }
        return Descriptor(
            owning: try retrying("open \(path)") { clinux_openat(folder.raw, "device", O_RDWR | O_CLOEXEC, 0) })
    }
}
