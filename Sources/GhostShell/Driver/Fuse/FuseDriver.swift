import CCapabilities
import CLinux
import Contract
import Linux

/// LUKS2 with no device-mapper: the server decrypts and encrypts sectors itself, and offers the plain data as one file over FUSE;
/// the keeper puts a loop device over it.
///
/// The server stays outside the enclave's mount namespace. In it, a dying server would have to unmount the file system that it
/// serves, and wait for itself.
final class FuseDriver: Driver {
    let name = DriverName.fuse
    let serverCapabilities: [cap_value_t] = []

    /// Whether this pod has the devices that it takes.
    static var isReachable: Bool { DeviceNode.fuse.isUsable && DeviceNode.loopControl.isUsable }

    private var connection: FuseConnection?
    private var mount: FuseMount?

    func prepare(for image: borrowing VaultImage) throws(Failure) {
        let connection = try FuseConnection.open()
        mount = try FuseMount(connection)
        self.connection = connection
    }

    var serverDescriptors: [Int32] { connection.map { [$0.descriptor.raw] } ?? [] }

    func serve(
        _ vault: consuming UnlockedVault, image: borrowing VaultImage, keeper: borrowing MessageSocket
    ) throws(Failure) {
        guard let connection else { throw Failure(.vault, "the vault's server was started without /dev/fuse") }
        let (segment, hasMendedHeader) = (vault.segment, vault.hasMendedHeader)
        let cipher = try BlockCipher(segment: segment, key: vault.key)
        let device = PlainDevice(segment: segment, image: image.descriptor.raw, cipher: cipher)
        try Privileges.keepOnly([])
        try SystemCallFilter.vaultServer.load()
        try VaultServer.announce(hasMendedHeader: hasMendedHeader, to: keeper)
        try FuseServer.serve(device, connection: connection.descriptor)
        try finish(device)
    }

    /// - Throws: code 6 when the disk refused something of what was written, for those who lock to hear.
    private func finish(_ device: PlainDevice) throws(Failure) {
        do {
            try device.finish()
        } catch {
            throw Failure(
                .vault,
                """
                the vault is locked, but its disk refused some of what was written (\(describe(errno: error.errno))); what an fsync \
                had brought there is there, look for the rest when the disk is well
                """)
        }
    }

    /// Whoever holds the connection keeps the file's users waiting for an answer, also when the server has died.
    func serverStarted() {
        connection = nil
    }

    func openFilesystem(
        _ descriptors: inout ReceivedDescriptors, of image: borrowing VaultImage
    ) throws(Failure) -> VaultFilesystem {
        .device(try openDevice())
    }

    /// The plain data as a block device, which ends with its last user.
    func openDevice() throws(Failure) -> BlockDevice {
        guard let file = try mount?.openFile() else { throw Failure(.vault, "the vault's server is not there any more") }
        let device = try LoopDevice.over(file)
        // The loop device holds the file from here on.
        mount = nil
        return device
    }

    /// Without the server nothing answers.
    func cutOff(_ image: borrowing VaultImage) {}
}
