import CLinux
import Linux

/// A file system that every program expects, and that a container engine or an initramfs would have mounted.
struct MissingMount {
    var path: String
    var type: String
    var options: String
    var flags: UInt
    /// Something that is there when it is mounted.
    var sign: String

    static let all = [
        MissingMount(path: "/proc", type: "proc", options: "", flags: inert, sign: "/proc/self"),
        MissingMount(path: "/sys", type: "sysfs", options: "", flags: inert, sign: "/sys/kernel"),
        MissingMount(path: "/dev", type: "devtmpfs", options: "mode=755", flags: UInt(MS_NOSUID), sign: "/dev/null"),
        MissingMount(
            path: "/dev/pts", type: "devpts", options: "mode=620,gid=5,ptmxmode=666", flags: UInt(MS_NOSUID | MS_NOEXEC),
            sign: "/dev/pts/ptmx"),
        MissingMount(path: "/dev/shm", type: "tmpfs", options: "mode=1777", flags: UInt(MS_NOSUID | MS_NODEV), sign: "/dev/shm"),
        MissingMount(path: "/run", type: "tmpfs", options: "mode=755", flags: UInt(MS_NOSUID | MS_NODEV), sign: "/run"),
    ]

    private static var inert: UInt { UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC) }

    func makeIfMissing() {
        if access(sign, F_OK) == 0 { return }
        _ = mkdir(path, 0o755)
        // Without the right to mount this is a container, whose engine chose what it has.
        if mount(type, path, type, flags, options) != 0, clinux_errno() != EPERM {
            log("cannot mount \(path): \(describe(errno: clinux_errno()))")
        }
    }
}
