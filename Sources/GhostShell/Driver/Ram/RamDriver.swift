import CCapabilities
import CLinux
import Contract
import Linux

/// No device and no mount of the vault's own file system: its files are copied into a tmpfs, and saved as a whole new image. For pods
/// with neither device-mapper nor FUSE and loop devices.
///
/// The server keeps the key for as long as the vault is open, and saves: when it is told to, now and then, and when the keeper ends.
final class RamDriver: Driver {
    let name = DriverName.ram
    let serverCapabilities = [
        Capability.changeOwner, Capability.fileOwner, Capability.fileCapabilities, Capability.setGroupID, Capability.setPCap,
        Capability.sysAdmin,
    ]
    /// The image's folder, to make new images in.
    private(set) var serverDescriptors: [Int32] = []

    private let owner: Account
    private let saveEvery: Int64
    private var isExemptFromSwap = false
    /// The vault's files, for `cutOff`.
    private var tree: TreeFolder?

    /// - Parameters:
    ///   - owner: Whom the vault belongs to.
    ///   - saveEvery: Seconds between two saves while something changes.
    init(owner: Account, saveEvery: Int64) {
        self.owner = owner
        self.saveEvery = saveEvery
    }

    func prepare(for image: borrowing VaultImage) throws(Failure) {
        isExemptFromSwap = MemoryFilesystem.canBeExemptFromSwap
        try SwapRule.check(
            try? readFile("/proc/swaps", stage: "read /proc/swaps"), canBeExempt: isExemptFromSwap)
        serverDescriptors = [image.directory.raw]
        if image.isNew { return }
        // A folder where no new image can be made is better known now than when there is something to save.
        _ = try image.makeReplacement(length: 0)
        image.discardReplacement()
    }

    func serve(
        _ vault: consuming UnlockedVault, image: borrowing VaultImage, keeper: borrowing MessageSocket
    ) throws(Failure) {
        let (segment, hasMendedHeader) = (vault.segment, vault.hasMendedHeader)
        let cipher = try BlockCipher(segment: segment, key: vault.key)
        let store = ImageStore(
            segment: segment, cipher: SparseCipher(segment: segment, cipher: cipher), owner: owner,
            scratch: try MemoryFilesystem.make(
                size: segment.length + (16 << 20), inodes: 16, isExemptFromSwap: isExemptFromSwap))
        let memory = try store.load(image, isExemptFromSwap: isExemptFromSwap)
        try Privileges.keepOnly([Capability.dacOverride, Capability.changeOwner, Capability.setPCap])
        try GhostFilter(allowing: []).load()
        let tree = try failing(.vault) { () throws(SystemError) in TreeFolder(try memory.root.duplicate()) }
        let server = try RamServer(store, tree, saveEvery: saveEvery)
        try VaultServer.announce(
            hasMendedHeader: hasMendedHeader, to: keeper, descriptors: [memory.mount.raw, memory.root.raw])
        server.serve(image, keeper)
    }

    func serverStarted() {}

    func openFilesystem(
        _ descriptors: inout ReceivedDescriptors, of image: borrowing VaultImage
    ) throws(Failure) -> VaultFilesystem {
        guard let mount = descriptors.take(0), let root = descriptors.take(1) else {
            throw Failure(.vault, "the vault's server did not hand over its files; unlock once more")
        }
        tree = TreeFolder(root)
        return .tree(mount)
    }

    /// A file that was handed out of the ghost shows nothing any more.
    func cutOff(_ image: borrowing VaultImage) {
        tree?.empty()
    }
}
