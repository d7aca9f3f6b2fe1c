import CExt2fs
import CLinux
import Contract
import Linux

/// Copies what an ext4 holds into a tree in memory. The file system was checked; its content is still not trusted.
struct TreeLoader: ~Copyable {
    private let volume: Ext4Volume
    private let root: TreeFolder
    private let buffer = ScratchBuffer(1 << 20)
    /// Where files with more than one name were put first, from the root.
    private var firstNames: [ext2_ino_t: [CChar]] = [:]
    private var visitedFolders: Set<ext2_ino_t> = []

    private static let damaged = Failure(
        .vault, "the vault's file system is damaged; restore a backup, or mend a copy with e2fsck")
    private static let slash = CChar(bitPattern: UInt8(ascii: "/"))

    init(_ volume: Ext4Volume, into root: consuming TreeFolder) {
        self.volume = volume
        self.root = root
    }

    /// - Throws: code 7 for what a tree in memory cannot keep, code 6 when something is damaged or does not fit.
    mutating func load() throws(Failure) {
        let features = volume.handle.pointee.super.pointee.s_feature_incompat
        guard features & UInt32(EXT4_FEATURE_INCOMPAT_ENCRYPT | EXT4_FEATURE_INCOMPAT_CASEFOLD) == 0 else {
            throw Failure(
                .refused, "the vault's file system uses encryption or case folding of ext4, which the ram driver cannot keep")
        }
        let copy = try failing(.vault) { () throws(SystemError) in try root.duplicate() }
        try fill(copy, from: ext2_ino_t(EXT2_ROOT_INO), path: [])
        try setAttributes(of: TreeFolder.itself, in: root, from: ext2_ino_t(EXT2_ROOT_INO))
    }

    private mutating func fill(_ folder: borrowing TreeFolder, from number: ext2_ino_t, path: [CChar]) throws(Failure) {
        guard visitedFolders.insert(number).inserted else { throw TreeLoader.damaged }
        for entry in try names(in: number) {
            let inode = try volume.inode(entry.number)
            if mode_t(inode.i_mode) & mode_t(S_IFMT) == mode_t(S_IFDIR) {
                try TreeLoader.storing { () throws(SystemError) in
                    try retrying("make a folder of the vault") { mkdirat(folder.descriptor.raw, entry.name, 0o700) }
                }
                guard let inner = try failing(.vault, { () throws(SystemError) in try folder.folder(entry.name) }) else {
                    throw TreeLoader.damaged
                }
                try fill(inner, from: entry.number, path: path + entry.name.dropLast() + [TreeLoader.slash])
            } else if inode.i_links_count > 1, let first = firstNames[entry.number] {
                try TreeLoader.storing { () throws(SystemError) in
                    try retrying("link a file of the vault") {
                        linkat(root.descriptor.raw, first, folder.descriptor.raw, entry.name, 0)
                    }
                }
                continue
            } else {
                if inode.i_links_count > 1 { firstNames[entry.number] = path + entry.name }
                try makeFile(entry.name, in: folder, entry.number, inode)
            }
            try setAttributes(of: entry.name, in: folder, from: entry.number)
        }
    }

    private func makeFile(
        _ name: TreeFolder.Name, in folder: borrowing TreeFolder, _ number: ext2_ino_t, _ inode: ext2_inode_large
    ) throws(Failure) {
        let kind = mode_t(inode.i_mode) & mode_t(S_IFMT)
        switch kind {
        case mode_t(S_IFREG): try copyContent(name, in: folder, number, inode)
        case mode_t(S_IFLNK):
            var target = try content(of: number, limit: Int(PATH_MAX)).map { CChar(bitPattern: $0) }
            target.append(0)
            try TreeLoader.storing { () throws(SystemError) in
                try retrying("make a link of the vault") { symlinkat(target, folder.descriptor.raw, name) }
            }
        case mode_t(S_IFIFO), mode_t(S_IFSOCK):
            try TreeLoader.storing { () throws(SystemError) in
                try retrying("make a pipe or socket of the vault") { mknodat(folder.descriptor.raw, name, kind | 0o600, 0) }
            }
        case mode_t(S_IFCHR) where inode.i_block.0 == 0 && inode.i_block.1 == 0:
            // The one device that anybody may make: the mark of what an overlay removed.
            try TreeLoader.storing { () throws(SystemError) in
                try retrying("make a whiteout of the vault") { mknodat(folder.descriptor.raw, name, kind | 0o600, 0) }
            }
        case mode_t(S_IFCHR), mode_t(S_IFBLK):
            throw Failure(
                .refused,
                "the vault holds a device node (\(TreeLoader.text(name))), which the ram driver cannot keep; use the fuse driver")
        default: throw TreeLoader.damaged
        }
    }

    /// Blocks of zeroes stay holes, whatever they were.
    private func copyContent(
        _ name: TreeFolder.Name, in folder: borrowing TreeFolder, _ number: ext2_ino_t, _ inode: ext2_inode_large
    ) throws(Failure) {
        let size = UInt64(inode.i_size) | UInt64(inode.i_size_high) << 32
        let raw = clinux_openat(folder.descriptor.raw, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard raw >= 0 else { throw TreeLoader.storageFailure(.last("make a file of the vault")) }
        let target = Descriptor(owning: raw)
        try TreeLoader.storing { () throws(SystemError) in
            try retrying("make a file of the vault") { ftruncate(target.raw, off_t(clamping: size)) }
        }
        let source = try Ext4File(volume, number, isWritable: false)
        let isInline = inode.i_flags & UInt32(EXT4_INLINE_DATA_FL) != 0
        for range in isInline ? [0..<size] : try source.ranges(size: size) {
            var position = range.lowerBound
            while position < range.upperBound {
                let piece = buffer.prefix(Int(min(range.upperBound - position, 1 << 20)))
                try source.read(piece, at: position)
                if !piece[0..<piece.count].isAllZero {
                    try TreeLoader.storing { () throws(SystemError) in
                        try target.write(piece, at: position, stage: "keep a file of the vault in memory")
                    }
                }
                position += UInt64(piece.count)
            }
        }
    }

    private func content(of number: ext2_ino_t, limit: Int) throws(Failure) -> [UInt8] {
        let inode = try volume.inode(number)
        let size = Int(inode.i_size)
        guard size > 0, size < limit else { throw TreeLoader.damaged }
        var copy = inode
        let isFast = withUnsafeMutablePointer(to: &copy) {
            $0.withMemoryRebound(to: ext2_inode.self, capacity: 1) { ext2fs_is_fast_symlink($0) != 0 }
        }
        if isFast { return withUnsafeBytes(of: inode.i_block) { Array($0.prefix(size)) } }
        let piece = buffer.prefix(size)
        try Ext4File(volume, number, isWritable: false).read(piece, at: 0)
        return Array(piece)
    }

    private struct NamedInode {
        var name: TreeFolder.Name
        var number: ext2_ino_t
    }

    /// - Throws: code 6 for a name that could lead out of its folder.
    private func names(in folder: ext2_ino_t) throws(Failure) -> [NamedInode] {
        var found: [NamedInode] = []
        let code = withUnsafeMutablePointer(to: &found) { found in
            ext2fs_dir_iterate2(
                volume.handle, folder, 0, nil,
                { _, _, entry, _, _, _, found in
                    guard let entry, let found else { return 0 }
                    let length = Int(entry.pointee.name_len & 0xff)
                    let name = withUnsafeBytes(of: entry.pointee.name) { bytes in
                        bytes.prefix(length).map { CChar(bitPattern: $0) }
                    }
                    found.assumingMemoryBound(to: [NamedInode].self).pointee.append(
                        NamedInode(name: name + [0], number: entry.pointee.inode))
                    return 0
                }, found)
        }
        try Ext4Volume.check(code, "read a folder of the vault")
        found.removeAll { $0.name == TreeFolder.itself || $0.name == [46, 46, 0] }
        let areSafe = found.allSatisfy {
            $0.name.count > 1 && !$0.name.contains(TreeLoader.slash) && !$0.name.dropLast().contains(0)
        }
        guard areSafe else { throw TreeLoader.damaged }
        return found
    }

    private func setAttributes(
        of name: TreeFolder.Name, in folder: borrowing TreeFolder, from number: ext2_ino_t
    ) throws(Failure) {
        let inode = try volume.inode(number)
        let kind = mode_t(inode.i_mode) & mode_t(S_IFMT)
        let uid = uid_t(inode.i_uid) | uid_t(inode.osd2.linux2.l_i_uid_high) << 16
        let gid = gid_t(inode.i_gid) | gid_t(inode.osd2.linux2.l_i_gid_high) << 16
        let directory = folder.descriptor.raw
        try TreeLoader.storing { () throws(SystemError) in
            try retrying("give a file of the vault its owner") { fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW) }
        }
        try ExtendedAttributes.copy(from: number, of: volume, to: folder.path(to: name), shown: TreeLoader.text(name))
        try TreeLoader.storing { () throws(SystemError) in
            if kind != mode_t(S_IFLNK) {
                // The bit for the group is kept only by a member of it (chmod(2)).
                setfsgid(gid)
                defer { setfsgid(0) }
                try retrying("give a file of the vault its mode") { fchmodat(directory, name, mode_t(inode.i_mode) & 0o7777, 0) }
            }
            var times = [
                Ext4Time(low: inode.i_atime, extra: inode.i_atime_extra).time,
                Ext4Time(low: inode.i_mtime, extra: inode.i_mtime_extra).time,
            ]
            try retrying("give a file of the vault its time") { utimensat(directory, name, &times, AT_SYMLINK_NOFOLLOW) }
        }
    }

    private static func text(_ name: TreeFolder.Name) -> String {
        String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func storing(_ body: () throws(SystemError) -> Void) throws(Failure) {
        do {
            try body()
        } catch {
            throw storageFailure(error)
        }
    }

    private static func storageFailure(_ error: SystemError) -> Failure {
        switch error.errno {
        case ENOSPC, ENOMEM:
            Failure(
                .refused,
                "what is in the vault does not fit into the memory that the ram driver may use; give the pod more memory")
        default: Failure(.vault, error)
        }
    }
}
