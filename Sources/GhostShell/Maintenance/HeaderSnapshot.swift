import CCryptsetup
import CLinux
import Contract
import Linux

/// A copy in memory of all that comes before a vault's data: both copies of the header, and the key slots. libcryptsetup mends a
/// damaged header as it reads it; here it mends the copy, and the image stays as it is.
struct HeaderSnapshot: ~Copyable {
    let memory: Descriptor
    let header: VaultHeader
    /// Bytes of one copy of the header, and of both with the area of the key slots: what a header backup holds.
    let copyLength: UInt64
    let length: UInt64

    /// LUKS2's default; a longer one is read in a second step.
    private static let usualLength: UInt64 = 16 << 20
    /// The largest that the format has is 128 MiB of key slots; nothing of ours comes near.
    static let mostLength: UInt64 = 64 << 20

    /// - Throws: code 6 when there is no header that could be read.
    static func take(of image: borrowing Descriptor) throws(Failure) -> HeaderSnapshot {
        var status = stat()
        guard fstat(image.raw, &status) == 0 else { throw Failure(.vault, SystemError.last("look at the vault's image")) }
        let imageLength = UInt64(max(status.st_size, 0))
        let snapshot = try HeaderSnapshot(copying: min(usualLength, imageLength), of: image, imageLength: imageLength)
        guard snapshot.length > usualLength else { return snapshot }
        guard snapshot.length <= min(mostLength, imageLength) else {
            throw Failure(.vault, "the vault's header is larger than \(mostLength >> 20) MiB, or than its image; use cryptsetup")
        }
        return try HeaderSnapshot(copying: snapshot.length, of: image, imageLength: imageLength)
    }

    private init(copying count: UInt64, of image: borrowing Descriptor, imageLength: UInt64) throws(Failure) {
        let memory = try HeaderSnapshot.emptyMemory()
        try failing(.vault) { () throws(SystemError) in
            try image.copy(0..<count, to: memory, stage: "copy the vault's header")
            // As long as the image, so that what the library derives from its length is right.
            try retrying("copy the vault's header") { ftruncate(memory.raw, off_t(clamping: imageLength)) }
        }
        try self.init(memory: memory)
    }

    /// Reads the header in `memory`.
    init(memory: consuming Descriptor) throws(Failure) {
        let header = try VaultHeader.read(from: memory)
        var copyLength: UInt64 = 0
        var slotsLength: UInt64 = 0
        guard crypt_get_metadata_size(header.device, &copyLength, &slotsLength) == 0, copyLength <= HeaderSnapshot.mostLength,
            slotsLength <= HeaderSnapshot.mostLength
        else { throw Failure(.vault, "the vault's header does not say how large it is; restore it from a backup") }
        self.memory = memory
        self.header = header
        self.copyLength = copyLength
        length = 2 * copyLength + slotsLength
    }

    static func emptyMemory() throws(Failure) -> Descriptor {
        try failing(.vault) { () throws(SystemError) in
            Descriptor(
                owning: try retrying("get memory for the vault's header") {
                    memfd_create("tazpod-header", UInt32(MFD_CLOEXEC))
                })
        }
    }

    enum Copy: String {
        case primary, secondary
    }

    /// The copies of the header that the library had to mend.
    func damagedCopies(in image: borrowing Descriptor) throws(Failure) -> [Copy] {
        var damaged: [Copy] = []
        for (copy, position) in [(Copy.primary, 0), (.secondary, copyLength)] {
            let (mended, found) = try failing(.vault) { () throws(SystemError) in
                (
                    try memory.read(copyLength, at: position, stage: "read the vault's header"),
                    try image.read(copyLength, at: position, stage: "read the vault's header")
                )
            }
            if mended != found { damaged.append(copy) }
        }
        return damaged
    }
}
