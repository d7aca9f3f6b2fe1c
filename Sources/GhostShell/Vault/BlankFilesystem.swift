import CLinux
import Contract
import Linux

/// The file system that a new vault begins with. mke2fs makes it in memory, where it need not wait for any disk, while the passphrase
/// is typed and the key derived; only what it writes is encrypted into the image. It holds nothing secret.
struct BlankFilesystem: ~Copyable {
    /// Mostly hole, and as long as the data of the vault.
    private let memory: Descriptor
    private let making: RunningTool

    private static let stage = "get memory for a new file system"

    /// Starts to make it.
    ///
    /// - Parameter imageLength: Of the vault's image, in bytes.
    static func begin(imageLength: UInt64, owner: Account) throws(Failure) -> BlankFilesystem {
        guard imageLength > VaultHeader.newDataOffset else {
            throw Failure(.project, "a vault of \(imageLength >> 20) MiB has no room for its header; give it a larger size")
        }
        let memory = try failing(.vault) { () throws(SystemError) in
            let memory = Descriptor(
                owning: try retrying(BlankFilesystem.stage) { memfd_create("tazpod-blank", UInt32(MFD_CLOEXEC)) })
            try retrying(BlankFilesystem.stage) {
                ftruncate(memory.raw, off_t(clamping: imageLength - VaultHeader.newDataOffset))
            }
            return memory
        }
        let making = try Filesystem.beginMaking(on: memory, owner: owner)
        return BlankFilesystem(memory: memory, making: making)
    }

    /// The memory that holds it, when it is made.
    consuming func finished() throws(Failure) -> Descriptor {
        try Filesystem.endMaking(making)
        return memory
    }
}
