import CCryptsetup
import CDeviceMapper
import CLinux
import Contract
import Linux

/// A handle of libcryptsetup's on the device that a vault's image is on, for device-mapper's part.
struct DeviceMapper: ~Copyable {
    private let handle: OpaquePointer

    /// Whether this kernel and this pod have device-mapper.
    static var isReachable: Bool { DeviceNode.mapperControl.isUsable }

    /// - Throws: code 4 when there is none. Asked to go on, libdevmapper would make a node, and that would stay.
    static func require() throws(Failure) {
        guard isReachable else { throw Failure(.provider, "this pod cannot reach device-mapper; \(next)") }
    }

    private static let next =
        "the kernel needs dm-crypt, the pod /dev/mapper/control; or write driver: fuse under vault: in config.yaml"

    private static let deferred: UInt32 = 1 << 0  // CRYPT_DEACTIVATE_DEFERRED, a macro

    /// - Parameter path: The image, or a loop device over it.
    init(on path: String) throws(Failure) {
        // Nobody answers udev's part in a pod: the library makes and removes its nodes itself.
        setenv("DM_DISABLE_UDEV", "1", 1)
        dm_udev_set_sync_support(0)
        crypt_set_log_callback(nil, { _, _, _ in }, nil)
        var handle: OpaquePointer?
        let result = crypt_init(&handle, path)
        guard result == 0, let handle else { throw Failure(.vault, SystemError("open the vault's device", errno: -result)) }
        self.handle = handle
    }

    deinit {
        crypt_free(handle)
    }

    /// Makes the device `name`, which holds the key from here on.
    func activate(_ name: String, key: borrowing SecretBuffer) throws(Failure) {
        // By the ioctl and not by a keyring: container engines forbid those, and a keyring is shared by all that a user runs.
        crypt_volume_key_keyring(handle, 0)
        var result = crypt_load(handle, CRYPT_LUKS2, nil)
        if result == 0 {
            result = key.withBytes {
                crypt_activate_by_volume_key(handle, name, $0.bindMemory(to: CChar.self).baseAddress, $0.count, 0)
            }
        }
        guard result >= 0 else {
            throw Failure(
                .provider, SystemError("set up dm-crypt for the vault", errno: -result), next: DeviceMapper.next)
        }
    }

    /// Removes the device `name` as soon as nothing has it open, also when that is after our end.
    func removeWhenUnused(_ name: String) throws(Failure) {
        let result = crypt_deactivate_by_name(handle, name, DeviceMapper.deferred)
        guard result == 0 || result == -EBUSY else {
            throw Failure(.vault, SystemError("have the vault's device removed after use", errno: -result))
        }
    }

    /// Takes the key out of the kernel, whoever has the device open: its reads and writes fail from here on.
    ///
    /// By libdevmapper: libcryptsetup's own way flushes what the users of the device still want to write, and waits for them.
    func removeNow(_ name: String) {
        guard let device = MappedDevice.find(name), let sectors = MappedDevice.sectors(of: device) else { return }
        run(DM_DEVICE_RELOAD, name) { dm_task_add_target($0, 0, sectors, "error", "") }
        run(DM_DEVICE_SUSPEND, name) {
            dm_task_skip_lockfs($0)
            dm_task_no_flush($0)
        }
        run(DM_DEVICE_RESUME, name) { _ in }
        run(DM_DEVICE_REMOVE, name) { dm_task_deferred_remove($0) }
    }

    private func run(_ operation: Int, _ name: String, _ options: (OpaquePointer) -> Void) {
        guard let task = dm_task_create(Int32(operation)) else { return }
        defer { dm_task_destroy(task) }
        dm_task_set_name(task, name)
        options(task)
        dm_task_run(task)
    }
}
