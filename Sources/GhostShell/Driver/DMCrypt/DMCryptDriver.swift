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

    /// How often the server looks whether the device has gone, and how long before it uses force.
    private static let lookMilliseconds: Int32 = 5
    private static let patienceMilliseconds: Int64 = 10_000

    func prepare(for image: borrowing VaultImage) throws(Failure) {
        let name = try MappedDevice.name(of: image)
        guard MappedDevice.find(name) != nil else { return }
        // We have the image locked, so whoever made it has ended. What is mounted from it keeps it until it ends too.
        let mapper = try DeviceMapper(on: image.descriptorPath)
        try mapper.removeWhenUnused(name)
        guard MappedDevice.find(name) == nil else {
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
        do throws(Failure) {
            try offer(name, mapper, hasMendedHeader: hasMendedHeader, keeper)
        } catch {
            mapper.removeNow(name)
            throw error
        }
        try Privileges.keepOnly([Capability.sysAdmin])
        waitForKeeper(keeper)
        waitForRemoval(name, mapper)
    }

    private func offer(
        _ name: String, _ mapper: borrowing DeviceMapper, hasMendedHeader: Bool, _ keeper: borrowing MessageSocket
    ) throws(Failure) {
        guard let identity = MappedDevice.find(name) else {
            throw Failure(.provider, "the kernel does not show the vault's device under /sys/block; the pod needs /sys")
        }
        let device = try failing(.provider) { () throws(SystemError) in try MappedDevice.open(identity) }
        unlink("/dev/mapper/\(name)")
        // While it is open here, this only marks it; from then on it cannot outlive its users.
        try mapper.removeWhenUnused(name)
        try VaultServer.announce(hasMendedHeader: hasMendedHeader, to: keeper, descriptors: [device.raw])
    }

    /// The kernel has it.
    private func forgetKey(_ vault: consuming UnlockedVault) {}

    /// Until the keeper says that the enclave has ended, or has ended itself.
    private func waitForKeeper(_ keeper: borrowing MessageSocket) {
        _ = try? keeper.receive(capacity: Message.maximumLength)
    }

    private func waitForRemoval(_ name: String, _ mapper: borrowing DeviceMapper) {
        let deadline = monotonicMilliseconds() + DMCryptDriver.patienceMilliseconds
        while MappedDevice.find(name) != nil {
            if monotonicMilliseconds() >= deadline {
                mapper.removeNow(name)
                return
            }
            poll(nil, 0, DMCryptDriver.lookMilliseconds)
        }
    }

    func serverStarted() {}

    func openFilesystem(
        _ descriptors: inout ReceivedDescriptors, of image: borrowing VaultImage
    ) throws(Failure) -> VaultFilesystem {
        guard let device = descriptors.take(0), let identity = MappedDevice.find(try MappedDevice.name(of: image)) else {
            throw Failure(.vault, "the vault's device has gone again; unlock once more")
        }
        return .device(BlockDevice(descriptor: device, identity: .mapped(identity)))
    }

    func cutOff(_ image: borrowing VaultImage) {
        guard let name = try? MappedDevice.name(of: image), MappedDevice.find(name) != nil,
            let mapper = try? DeviceMapper(on: image.descriptorPath)
        else { return }
        mapper.removeNow(name)
    }
}
