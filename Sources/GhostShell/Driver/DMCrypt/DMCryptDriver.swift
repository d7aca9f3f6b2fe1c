import CCapabilities
import CLinux
import Contract
import Linux

/// The kernel's own dm-crypt, over a loop device over the image: the fastest driver, for pods that may use device-mapper.
///
/// The server activates the device and forgets the key, which the kernel has. The device is removed by its last user's end, as the
/// loop device below it is; the server stays to see to that, and does it by force when somebody holds on.
final class DMCryptDriver: Driver {
    let name = DriverName.dmcrypt
    let serverCapabilities = [Capability.sysAdmin, Capability.makeNode]
    let serverDescriptors: [Int32] = []

    /// What the keeper mounted.
    private var device: MappedDevice.Identity?

    /// How often the server looks whether the device has gone, and how long before it uses force.
    private static let lookMilliseconds: Int32 = 5
    private static let patienceMilliseconds: Int64 = 10_000
    /// How long the kernel may take for a device that has no users.
    private static let removalMilliseconds: Int64 = 1_000

    func prepare(for image: borrowing VaultImage) throws(Failure) {
        try DeviceMapper.require()
    }

    /// Removes the device that a crash left over `image`, which is locked: whoever made it has ended. What is mounted from it keeps
    /// it until it ends too.
    ///
    /// - Throws: code 6 when it is still used.
    static func clearLeftovers(of image: borrowing VaultImage) throws(Failure) {
        let name = try MappedDevice.name(of: image)
        guard let left = MappedDevice.find(name) else { return }
        let mapper = try DeviceMapper(on: image.descriptorPath)
        try mapper.removeWhenUnused(name)
        guard isRemoved(left, within: removalMilliseconds) else {
            throw Failure(.vault, "the vault was not closed properly and is still used; end what uses /dev/mapper/\(name) first")
        }
    }

    func serve(
        _ vault: consuming UnlockedVault, image: borrowing VaultImage, keeper: borrowing MessageSocket
    ) throws(Failure) {
        let name = try MappedDevice.name(of: image)
        let loop = try LoopDevice.over(image.descriptor)
        let mapper = try DeviceMapper(on: loop.path)
        let hasMendedHeader = vault.hasMendedHeader
        try mapper.activate(name, key: vault.key)
        forgetKey(vault)
        guard let device = MappedDevice.find(name) else {
            mapper.removeNow(name)
            throw Failure(.provider, "the kernel does not show the vault's device under /sys/block; the pod needs /sys")
        }
        do throws(Failure) {
            try offer(device, mapper, hasMendedHeader: hasMendedHeader, keeper)
        } catch {
            mapper.removeNow(name)
            throw error
        }
        try Privileges.keepOnly([Capability.sysAdmin])
        waitForKeeper(keeper)
        if !DMCryptDriver.isRemoved(device, within: DMCryptDriver.patienceMilliseconds) { mapper.removeNow(name) }
    }

    private func offer(
        _ identity: MappedDevice.Identity, _ mapper: borrowing DeviceMapper, hasMendedHeader: Bool,
        _ keeper: borrowing MessageSocket
    ) throws(Failure) {
        let device = try failing(.provider) { () throws(SystemError) in try MappedDevice.open(identity) }
        unlink("/dev/mapper/\(identity.name)")
        // While it is open here, this only marks it; from then on it cannot outlive its users.
        try mapper.removeWhenUnused(identity.name)
        try VaultServer.announce(hasMendedHeader: hasMendedHeader, to: keeper, descriptors: [device.raw])
    }

    /// The kernel has it.
    private func forgetKey(_ vault: consuming UnlockedVault) {}

    /// Until the keeper says that the enclave has ended, or has ended itself.
    private func waitForKeeper(_ keeper: borrowing MessageSocket) {
        _ = try? keeper.receive(capacity: Message.maximumLength)
    }

    /// The kernel removes a device some time after its last user has closed it.
    private static func isRemoved(_ device: MappedDevice.Identity, within milliseconds: Int64) -> Bool {
        let deadline = monotonicMilliseconds() + milliseconds
        while MappedDevice.exists(device) {
            if monotonicMilliseconds() >= deadline { return false }
            poll(nil, 0, lookMilliseconds)
        }
        return true
    }

    func serverStarted() {}

    func openFilesystem(
        _ descriptors: inout ReceivedDescriptors, of image: borrowing VaultImage
    ) throws(Failure) -> VaultFilesystem {
        guard let descriptor = descriptors.take(0), let identity = MappedDevice.find(try MappedDevice.name(of: image)) else {
            throw Failure(.vault, "the vault's device has gone again; unlock once more")
        }
        device = identity
        return .device(BlockDevice(descriptor: descriptor, identity: .mapped(identity)))
    }

    func cutOff(_ image: borrowing VaultImage) {
        guard let device else { return }
        if MappedDevice.find(device.name) != nil, let mapper = try? DeviceMapper(on: image.descriptorPath) {
            mapper.removeNow(device.name)
        }
        _ = DMCryptDriver.isRemoved(device, within: DMCryptDriver.removalMilliseconds)
    }
}
