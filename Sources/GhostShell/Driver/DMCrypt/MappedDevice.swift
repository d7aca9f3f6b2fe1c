import CLinux
import Contract
import Linux

/// A device-mapper device that decrypts a vault's image in the kernel (dm-crypt), by libcryptsetup.
enum MappedDevice {
    /// Which device it is. The name of a removed one comes back when the same image is opened again, its number with any other.
    struct Identity: Equatable {
        var name: String
        var major: UInt32
        var minor: UInt32
    }

    /// Device-mapper knows no namespaces, so names must differ between all pods of a machine: no two images have device and inode
    /// in common, and whoever opens one has it locked.
    static func name(of image: borrowing VaultImage) throws(Failure) -> String {
        var status = stat()
        guard fstat(image.descriptor.raw, &status) == 0 else { throw Failure(.vault, .last("look at the vault's image")) }
        return "tazpod-" + String(UInt64(status.st_dev), radix: 16) + "-" + String(UInt64(status.st_ino), radix: 16)
    }

    /// The device of this name, as the kernel has it now.
    static func find(_ name: String) -> Identity? {
        for entry in (namesInFolder("/sys/block") ?? []).map({ String(decoding: $0, as: UTF8.self) }) where entry.hasPrefix("dm-")
        {
            guard firstLine(of: "/sys/block/\(entry)/dm/name") == name, let number = firstLine(of: "/sys/block/\(entry)/dev")
            else {
                continue
            }
            let parts = number.split(separator: ":").compactMap { UInt32($0) }
            if parts.count == 2 { return Identity(name: name, major: parts[0], minor: parts[1]) }
        }
        return nil
    }

    /// Whether the kernel still has it: while it takes a device down, that has lost its name already.
    static func exists(_ identity: Identity) -> Bool {
        let folder = "/sys/dev/block/\(identity.major):\(identity.minor)"
        guard access(folder, F_OK) == 0 else { return false }
        let name = firstLine(of: folder + "/dm/name") ?? ""
        return name.isEmpty || name == identity.name
    }

    static func open(_ identity: Identity) throws(SystemError) -> Descriptor {
        try BlockDevice.node("/dev/mapper/\(identity.name)", major: identity.major, minor: identity.minor)
    }

    /// Opens the device again if it is still there; nil when it was removed since.
    static func reopen(_ identity: Identity) -> Descriptor? {
        find(identity.name) == identity ? try? open(identity) : nil
    }

    /// Its length in sectors of 512 bytes.
    static func sectors(of identity: Identity) -> UInt64? {
        firstLine(of: "/sys/dev/block/\(identity.major):\(identity.minor)/size").flatMap { UInt64($0) }
    }

    private static func firstLine(of path: String) -> String? {
        guard let file = try? Descriptor.open(path, O_RDONLY, stage: "read \(path)"),
            let bytes = try? file.readAll(limit: 4096, stage: "read \(path)")
        else { return nil }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
