import CLinux
import Contract
import Linux

/// A character device that drivers ask the kernel for others by. Its number is the kernel's (admin-guide/devices.txt of its
/// documentation): what has another one is another device.
struct DeviceNode {
    let path: String
    let major: UInt32
    let minor: UInt32

    static let fuse = DeviceNode(path: "/dev/fuse", major: 10, minor: 229)
    static let loopControl = DeviceNode(path: "/dev/loop-control", major: 10, minor: 237)
    static let mapperControl = DeviceNode(path: "/dev/mapper/control", major: 10, minor: 236)

    var isUsable: Bool { state == .usable }

    /// A node may be there with nothing behind it, or may not be opened by us, so it is opened.
    var state: DriverTrials.Node {
        var status = stat()
        guard stat(path, &status) == 0 else { return .absent }
        guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFCHR), UInt64(status.st_rdev) == clinux_makedev(major, minor) else {
            return .foreign
        }
        do throws(SystemError) {
            _ = try Descriptor.open(path, O_RDWR, stage: "open \(path)")
            return .usable
        } catch {
            return error.errno == EPERM || error.errno == EACCES ? .forbidden : .dead
        }
    }
}
