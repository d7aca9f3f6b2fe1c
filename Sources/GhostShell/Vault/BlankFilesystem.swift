import CLinux
import Contract
import Linux

/// The file system that a new vault begins with. It is made in memory, where mke2fs need not wait for any disk, before there is a
/// key, and only what mke2fs writes of it is encrypted into the image. It holds nothing secret.
final class BlankFilesystem {
    /// Mostly hole, and as long as the data of the vault.
    let memory: Descriptor

    private static let stage = "get memory for a new file system"

    /// - Parameter imageLength: Of the vault's image, in bytes.
    init(imageLength: UInt64, owner: Account) throws(Failure) {
        guard imageLength > VaultHeader.newDataOffset else {
            throw Failure(.project, "a vault of \(imageLength >> 20) MiB has no room for its header; give it a larger size")
        }
        memory = try failing(.vault) { () throws(SystemError) in
            let memory = Descriptor(
                owning: try retrying(BlankFilesystem.stage) { memfd_create("tazpod-blank", UInt32(MFD_CLOEXEC)) })
            try retrying(BlankFilesystem.stage) {
                ftruncate(memory.raw, off_t(clamping: imageLength - VaultHeader.newDataOffset))
            }
            return memory
        }
        try Filesystem.make(on: memory, owner: owner)
    }
}
