import CCapabilities
import CLinux
import Contract
import Linux

/// The way from a vault's image into memory, and back into a new one.
final class ImageStore {
    private let segment: DataSegment
    private let cipher: SparseCipher
    private let owner: Account
    /// Where the plain file system is while it is read or made.
    private let scratch: MemoryFilesystem
    /// Of the file system that was loaded, for the next one.
    private var identity: [String] = []

    /// Memory that stays for everything else in the pod.
    private static let reserve: UInt64 = 16 << 20

    init(segment: DataSegment, cipher: SparseCipher, owner: Account, scratch: consuming MemoryFilesystem) {
        self.segment = segment
        self.cipher = cipher
        self.owner = owner
        self.scratch = scratch
    }

    // -- into memory -------------------------------------------------------------------------------------------------------

    /// Copies what `image` holds into a new file system in memory. The image is
    /// not changed, whatever has to be mended.
    func load(_ image: borrowing VaultImage, isExemptFromSwap: Bool) throws(Failure) -> MemoryFilesystem {
        let plain = try scratch.namelessFile(size: segment.length)
        try checkRoom(for: try failing(.vault) { () throws(SystemError) in try dataLength(image.descriptor) })
        try failing(.vault) { () throws(SystemError) in try cipher.decrypt(image.descriptor, into: plain) }
        // What cannot be read of it would not be in the next image either.
        try Filesystem.check(plain)
        try Filesystem.verify(plain)
        let superblock = try Filesystem.superblock(of: plain)
        identity = superblock.identityOptions
        try checkRoom(for: superblock.used)
        let memory = try MemoryFilesystem.make(
            size: superblock.capacity, inodes: superblock.inodes * 2, isExemptFromSwap: isExemptFromSwap)
        try copy(plain, into: memory.root)
        return memory
    }

    private func dataLength(_ image: borrowing Descriptor) throws(SystemError) -> UInt64 {
        var (length, position) = (UInt64(0), segment.offset)
        while let range = try Extents.next(in: image, from: position, to: segment.offset + segment.length) {
            length += range.upperBound - range.lowerBound
            position = range.upperBound
        }
        return length
    }

    private func copy(_ plain: borrowing Descriptor, into root: borrowing Descriptor) throws(Failure) {
        let capabilities = [
            Capability.dacOverride, Capability.changeOwner, Capability.fileOwner, Capability.fileCapabilities,
            Capability.setGroupID, Capability.sysAdmin,
        ]
        try Subtask.run(
            "tazpod-loader", keeping: [plain.raw, root.raw], capabilities: capabilities, stage: "read the vault's files"
        ) { () throws(Failure) in
            let folder = try failing(.vault) { () throws(SystemError) in TreeFolder(try root.duplicate()) }
            var loader = TreeLoader(try Ext4Volume(plain, isWritable: false), into: folder)
            try loader.load()
            try adopt(root)
        }
    }

    /// The root folder of a file system that stock mkfs made is root's; the vault is the user's.
    private func adopt(_ root: borrowing Descriptor) throws(Failure) {
        try failing(.vault) { () throws(SystemError) in
            var status = stat()
            try retrying("look at the vault") { fstat(root.raw, &status) }
            if status.st_uid != 0 { return }
            try retrying("give the vault to the user") { fchown(root.raw, owner.uid, owner.gid) }
        }
    }

    // -- into a new image --------------------------------------------------------------------------------------------------

    /// Writes what is in `tree` as a whole new image, and puts that in the place of `image`, whose file is now `current`.
    ///
    /// - Returns: the new file, locked.
    /// - Throws: code 6 or 7; then the old image is as it was.
    func save(
        _ tree: borrowing TreeFolder, over image: borrowing VaultImage, _ current: borrowing Descriptor
    ) throws(Failure) -> Descriptor {
        try checkRoom(for: try used(by: tree))
        let plain = try scratch.namelessFile(size: segment.length)
        try Filesystem.make(on: plain, owner: owner, identity: identity)
        try Subtask.run(
            "tazpod-saver", keeping: [plain.raw, tree.descriptor.raw], capabilities: [Capability.dacOverride],
            stage: "copy the vault's files"
        ) { () throws(Failure) in
            var writer = TreeWriter(try Ext4Volume(plain, isWritable: true))
            try writer.write(tree)
        }
        try Filesystem.verify(plain)
        return try write(plain, over: image, current)
    }

    private func write(
        _ plain: borrowing Descriptor, over image: borrowing VaultImage, _ current: borrowing Descriptor
    ) throws(Failure) -> Descriptor {
        let replacement = try image.makeReplacement(length: segment.offset + segment.length)
        do throws(Failure) {
            let header = try image.lockHeader(of: current, replacedBy: replacement)
            defer { flock(header.raw, LOCK_UN) }
            try failing(.vault) { () throws(SystemError) in
                try cipher.copyHeader(of: current, to: replacement)
                try cipher.encrypt(plain, into: replacement)
            }
            try image.replace(current, by: replacement)
        } catch {
            image.discardReplacement()
            throw error
        }
        return replacement
    }

    private func used(by tree: borrowing TreeFolder) throws(Failure) -> UInt64 {
        try failing(.vault) { () throws(SystemError) in
            var statistics = statvfs()
            try retrying("measure the vault in memory") { fstatvfs(tree.descriptor.raw, &statistics) }
            return UInt64(statistics.f_blocks &- statistics.f_bfree) &* UInt64(statistics.f_frsize)
        }
    }

    /// - Throws: code 7 when this pod has less than `needed` bytes of memory left.
    private func checkRoom(for needed: UInt64) throws(Failure) {
        let available = AvailableMemory.kibibytes() &* 1024
        guard needed &+ ImageStore.reserve <= available else {
            throw Failure(
                .refused,
                """
                the ram driver needs \((needed &+ ImageStore.reserve) >> 20) MiB of memory for this vault and this pod has \
                \(available >> 20) MiB left; give it more (resources: memory: in config.yaml)
                """)
        }
    }
}
