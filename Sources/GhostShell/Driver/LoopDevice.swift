import CLinux
import Contract
import Linux

/// loop(4) devices over open files. They clear themselves when nothing holds them any more, also after a crash.
enum LoopDevice {
    /// Which device it is, and over which file: enough to find it again, and to see that it is still the same.
    struct Identity: Equatable {
        var number: Int32
        var fileDevice: UInt64
        var fileInode: UInt64
    }

    private static let attempts = 64

    /// Puts a free loop device over `file`, with direct I/O, so that nothing is cached twice.
    ///
    /// - Throws: code 4 when the pod has no loop devices.
    static func over(_ file: borrowing Descriptor) throws(Failure) -> BlockDevice {
        let control = try failing(.provider, next: "pods of docker and of root have it, with driver: auto or fuse") {
            () throws(SystemError) in
            try Descriptor.open("/dev/loop-control", O_RDWR, stage: "open /dev/loop-control")
        }
        for _ in 0..<attempts {
            let number = clinux_ioctl_value(control.raw, UInt(LOOP_CTL_GET_FREE), 0)
            guard number >= 0 else { throw Failure(.provider, SystemError.last("find a free loop device")) }
            let device = try failing(.provider, next: "the pod needs loop devices; tazpod up starts one that has it") {
                () throws(SystemError) in
                try node(number)
            }
            var configuration = loop_config()
            configuration.fd = UInt32(bitPattern: file.raw)
            configuration.info.lo_flags = UInt32(LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO)
            if clinux_ioctl(device.raw, UInt(LOOP_CONFIGURE), &configuration) == 0 {
                return BlockDevice(descriptor: device, identity: .loop(identity(number, of: file)))
            }
            // Somebody else took it between the two calls.
            guard clinux_errno() == EBUSY else { throw Failure(.provider, SystemError.last("set up a loop device")) }
        }
        throw Failure(.provider, "every loop device was taken while we asked for one; try again")
    }

    private static func identity(_ number: Int32, of file: borrowing Descriptor) -> Identity {
        var status = stat()
        fstat(file.raw, &status)
        return Identity(number: number, fileDevice: kernelNumber(status.st_dev), fileInode: UInt64(status.st_ino))
    }

    /// Opens the device again if it is still set up over the same file; nil when it was cleared since.
    static func reopen(_ identity: Identity) -> Descriptor? {
        guard let device = try? node(identity.number) else { return nil }
        var status = loop_info64()
        guard clinux_ioctl(device.raw, UInt(LOOP_GET_STATUS64), &status) == 0, status.lo_device == identity.fileDevice,
            status.lo_inode == identity.fileInode
        else { return nil }
        return device
    }

    private static func node(_ number: Int32) throws(SystemError) -> Descriptor {
        try BlockDevice.node("/dev/loop\(number)", major: UInt32(LOOP_MAJOR), minor: UInt32(bitPattern: number))
    }

    /// - Throws: code 6 when some loop device is set up over `file`: losetup(8) and cryptsetup(8) take no lock that we could see.
    static func checkUnused(asBackingFile file: borrowing Descriptor) throws(Failure) {
        var wanted = stat()
        guard fstat(file.raw, &wanted) == 0 else { return }
        for name in (namesInFolder("/sys/block") ?? []).map({ String(decoding: $0, as: UTF8.self) }) where name.hasPrefix("loop")
        {
            guard access("/sys/block/\(name)/loop", F_OK) == 0, let number = Int32(name.dropFirst("loop".count)),
                let device = try? node(number)
            else { continue }
            var status = loop_info64()
            guard clinux_ioctl(device.raw, UInt(LOOP_GET_STATUS64), &status) == 0 else { continue }
            if status.lo_inode == wanted.st_ino && status.lo_device == kernelNumber(wanted.st_dev) {
                throw Failure(
                    .vault, "the vault's image is in use by /dev/loop\(number); close that (losetup -d, cryptsetup close) first")
            }
        }
    }

    /// `lo_device` is in the kernel's own encoding of a device number (new_encode_dev, include/linux/kdev_t.h).
    private static func kernelNumber(_ device: dev_t) -> UInt64 {
        let major = UInt64(gnu_dev_major(device))
        let minor = UInt64(gnu_dev_minor(device))
        return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)
    }
}
