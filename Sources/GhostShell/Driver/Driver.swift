import CCapabilities
import Contract
import Linux

/// How a vault becomes a mounted file system, in two processes: the server, which is forked from the keeper, unlocks the vault
/// and holds what the driver needs of its key; and the keeper, which mounts what the server offers.
///
/// The methods come in the order of their use.
protocol Driver: AnyObject {
    var name: DriverName { get }

    /// In the keeper, with the image locked and before the server is forked: opens what both use.
    func prepare(for image: borrowing VaultImage) throws(Failure)

    /// What the server may do beyond its user id, besides opening the image.
    var serverCapabilities: [cap_value_t] { get }
    /// Descriptors of this driver that the server keeps.
    var serverDescriptors: [Int32] { get }

    /// In the server, as long as the vault is open: announces the vault when it can be mounted, and returns when nothing uses it
    /// any more and all that was written is on the disk.
    func serve(
        _ vault: consuming UnlockedVault, image: borrowing VaultImage, keeper: borrowing MessageSocket
    ) throws(Failure)

    /// In the keeper: the server has its descriptors, and nobody else may keep them.
    func serverStarted()

    /// In the keeper, once the vault was announced: what the enclave mounts.
    ///
    /// - Parameter descriptors: What came with the announcement.
    func openFilesystem(
        _ descriptors: inout ReceivedDescriptors, of image: borrowing VaultImage
    ) throws(Failure) -> VaultFilesystem

    /// In the keeper, with the server ended, when somebody outside the enclave still holds a file of the vault: takes the key
    /// away from under it.
    func cutOff(_ image: borrowing VaultImage)
}

/// The names that config.yaml knows drivers by.
enum DriverName: String, CaseIterable {
    case dmcrypt, fuse, ram
}

/// What an enclave mounts at the vault's place.
enum VaultFilesystem: ~Copyable {
    /// An ext4 on a block device.
    case device(BlockDevice)
    /// A mount that holds the vault's files, and is nowhere yet. Whatever runs over it is saved before it ends.
    case tree(Descriptor)

    /// What keeps it, for a process that builds an enclave over it.
    var descriptor: Int32 {
        switch self {
        case .device(let device): device.descriptor.raw
        case .tree(let mount): mount.raw
        }
    }

    /// Enough to tell later what an enclave was built over.
    enum Identity: Equatable {
        case device(BlockDevice.Identity)
        case tree
    }

    var identity: Identity {
        switch self {
        case .device(let device): .device(device.identity)
        case .tree: .tree
        }
    }
}

/// The same as an enclave's builder gets it from the keeper.
struct HandedVault: ~Copyable {
    let descriptor: Descriptor
    /// A mount that holds the vault's files; a block device otherwise.
    let isTree: Bool
}
