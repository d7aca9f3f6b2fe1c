import CExt2fs
import CLinux
import Contract
import Linux

/// Copies a tree in memory into an ext4 that mke2fs made. The tree may be in use meanwhile: what vanishes is left out, what changes
/// is as it was at some moment, as in any copy of a folder in use.
struct TreeWriter: ~Copyable {
    private let volume: Ext4Volume
    private let buffer = ScratchBuffer(1 << 20)
    /// Inodes of files with more than one name, by their number in the tree.
    private var written: [UInt64: ext2_ino_t] = [:]

    init(_ volume: Ext4Volume) {
        self.volume = volume
    }

    mutating func write(_ root: borrowing TreeFolder) throws(Failure) {
        let number = ext2_ino_t(EXT2_ROOT_INO)
        try copy(root, to: number, below: number)
        if let status = try reading({ () throws(SystemError) in try root.status(of: TreeFolder.itself) }) {
            try setAttributes(of: number, from: status, root.path(to: TreeFolder.itself))
        }
        try volume.close()
    }

    /// Fills the folder `number`, which is new and in `parent`.
    private mutating func copy(
        _ folder: borrowing TreeFolder, to number: ext2_ino_t, below parent: ext2_ino_t
    ) throws(Failure) {
        var names: [FolderBlocks.Name] = []
        if number == ext2_ino_t(EXT2_ROOT_INO) { names.append(try rescueFolder()) }
        let rescued = names.first
        for entry in try reading({ () throws(SystemError) in try folder.entries() }) {
            let name = entry.name.dropLast().map { UInt8(bitPattern: $0) }
            guard entry.status.isFolder else {
                if let file = try copy(entry, of: folder, near: number) {
                    names.append(FolderBlocks.Name(text: name, inode: file, type: TreeWriter.type(of: entry.status)))
                }
                continue
            }
            guard let inner = try reading({ () throws(SystemError) in try folder.folder(entry.name) }) else { continue }
            let isRescued = rescued?.text == name
            let child = try isRescued ? rescued?.inode ?? 0 : makeFolder(in: number)
            if !isRescued { names.append(FolderBlocks.Name(text: name, inode: child, type: UInt8(EXT2_FT_DIR))) }
            try copy(inner, to: child, below: number)
            try setAttributes(of: child, from: entry.status, folder.path(to: entry.name))
        }
        try write(names, of: number, below: parent)
    }

    /// lost+found, which mke2fs has made.
    private func rescueFolder() throws(Failure) -> FolderBlocks.Name {
        var number: ext2_ino_t = 0
        let name = "lost+found"
        let code = ext2fs_lookup(volume.handle, ext2_ino_t(EXT2_ROOT_INO), name, Int32(name.utf8.count), nil, &number)
        try Ext4Volume.check(code, "find lost+found in the vault's new image")
        return FolderBlocks.Name(text: Array(name.utf8), inode: number, type: UInt8(EXT2_FT_DIR))
    }

    /// - Returns: its inode; nil when it has gone.
    private mutating func copy(
        _ entry: TreeFolder.Entry, of folder: borrowing TreeFolder, near parent: ext2_ino_t
    ) throws(Failure) -> ext2_ino_t? {
        if entry.status.st_nlink > 1, let number = written[UInt64(entry.status.st_ino)] {
            var inode = try volume.inode(number)
            inode.i_links_count &+= 1
            try volume.write(inode, to: number)
            return number
        }
        let number: ext2_ino_t
        switch entry.status.kind {
        case mode_t(S_IFREG):
            guard let file = try reading({ () throws(SystemError) in try folder.open(entry.name, O_RDONLY) }) else { return nil }
            number = try makeNode(entry.status, near: parent)
            try copyContent(file, to: number)
        case mode_t(S_IFLNK):
            var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let length = readlinkat(folder.descriptor.raw, entry.name, &target, target.count - 1)
            guard length > 0 else { return nil }
            number = try newInode(near: parent, mode: UInt32(S_IFLNK) | 0o777)
            try Ext4Volume.check(
                ext2fs_symlink(volume.handle, parent, number, nil, target), "make a link of the vault's new image")
        default: number = try makeNode(entry.status, near: parent)
        }
        if entry.status.st_nlink > 1 { written[UInt64(entry.status.st_ino)] = number }
        try setAttributes(of: number, from: entry.status, folder.path(to: entry.name))
        return number
    }

    private func copyContent(_ file: borrowing Descriptor, to number: ext2_ino_t) throws(Failure) {
        var status = stat()
        guard fstat(file.raw, &status) == 0, status.isFile else { return }
        let size = UInt64(max(status.st_size, 0))
        let target = try Ext4File(volume, number, isWritable: true)
        var position: UInt64 = 0
        while let range = try reading({ () throws(SystemError) in try Extents.next(in: file, from: position, to: size) }) {
            position = range.lowerBound
            while position < range.upperBound {
                let piece = buffer.prefix(Int(min(range.upperBound - position, 1 << 20)))
                let count = try reading { () throws(SystemError) in
                    try retrying("read a file of the vault") { pread(file.raw, piece.baseAddress, piece.count, off_t(position)) }
                }
                // It became shorter meanwhile.
                if count == 0 { return try target.finish(size: size) }
                try target.write(UnsafeRawBufferPointer(rebasing: piece[0..<count]), at: position)
                position += UInt64(count)
            }
        }
        try target.finish(size: size)
    }

    // -- inodes and names --------------------------------------------------------------------------------------------------

    private func newInode(near parent: ext2_ino_t, mode: UInt32) throws(Failure) -> ext2_ino_t {
        var number: ext2_ino_t = 0
        try Ext4Volume.check(
            ext2fs_new_inode(volume.handle, parent, Int32(mode), nil, &number), "make a file of the vault's new image")
        return number
    }

    /// A folder with no name yet.
    private func makeFolder(in parent: ext2_ino_t) throws(Failure) -> ext2_ino_t {
        let number = try newInode(near: parent, mode: UInt32(S_IFDIR) | 0o700)
        try Ext4Volume.check(
            ext2fs_mkdir(volume.handle, parent, number, nil), "make a folder of the vault's new image")
        return number
    }

    /// Anything else, with no name and no content yet.
    private func makeNode(_ status: stat, near parent: ext2_ino_t) throws(Failure) -> ext2_ino_t {
        let number = try newInode(near: parent, mode: status.st_mode)
        ext2fs_inode_alloc_stats2(volume.handle, number, 1, 0)
        var inode = ext2_inode_large()
        inode.i_mode = UInt16(truncatingIfNeeded: status.st_mode)
        inode.i_links_count = 1
        if status.isFile {
            let code = withUnsafeMutablePointer(to: &inode) { pointer in
                pointer.withMemoryRebound(to: ext2_inode.self, capacity: 1) { inode -> errcode_t in
                    // Opened once, it writes an empty tree of extents into the inode.
                    var extents: ext2_extent_handle_t?
                    let code = ext2fs_extent_open2(volume.handle, number, inode, &extents)
                    if let extents { ext2fs_extent_free(extents) }
                    return code
                }
            }
            try Ext4Volume.check(code, "make a file of the vault's new image")
        }
        try volume.write(inode, to: number, isNew: true)
        return number
    }

    private static func type(of status: stat) -> UInt8 {
        let type =
            switch status.kind {
            case mode_t(S_IFREG): EXT2_FT_REG_FILE
            case mode_t(S_IFLNK): EXT2_FT_SYMLINK
            case mode_t(S_IFIFO): EXT2_FT_FIFO
            case mode_t(S_IFSOCK): EXT2_FT_SOCK
            case mode_t(S_IFCHR): EXT2_FT_CHRDEV
            default: EXT2_FT_BLKDEV
            }
        return UInt8(type)
    }

    /// Writes all names of a folder at once: libext2fs would look through the folder again for each.
    private func write(_ names: [FolderBlocks.Name], of number: ext2_ino_t, below parent: ext2_ino_t) throws(Failure) {
        let stage = "name the files of the vault's new image"
        let size = Int(volume.handle.pointee.blocksize)
        let hasChecksum =
            volume.handle.pointee.super.pointee.s_feature_ro_compat & UInt32(EXT4_FEATURE_RO_COMPAT_METADATA_CSUM) != 0
        let blocks = FolderBlocks.make(names, itself: number, parent: parent, blockSize: size, hasChecksum: hasChecksum)
        for (index, block) in blocks.enumerated() {
            var place: blk64_t = 0
            try Ext4Volume.check(
                ext2fs_bmap2(volume.handle, number, nil, nil, BMAP_ALLOC, UInt64(index), nil, &place), stage)
            var block = block
            try Ext4Volume.check(ext2fs_write_dir_block4(volume.handle, place, &block, 0, number), stage)
        }
        var inode = try volume.inode(number)
        // lost+found has some blocks in store.
        inode.i_size = max(inode.i_size, UInt32(clamping: blocks.count * size))
        try volume.write(inode, to: number)
    }

    private func setAttributes(of number: ext2_ino_t, from status: stat, _ path: [CChar]) throws(Failure) {
        var inode = try volume.inode(number)
        inode.i_mode = UInt16(truncatingIfNeeded: status.st_mode)
        inode.i_uid = UInt16(truncatingIfNeeded: status.st_uid)
        inode.osd2.linux2.l_i_uid_high = UInt16(truncatingIfNeeded: status.st_uid >> 16)
        inode.i_gid = UInt16(truncatingIfNeeded: status.st_gid)
        inode.osd2.linux2.l_i_gid_high = UInt16(truncatingIfNeeded: status.st_gid >> 16)
        let (access, modification, change) = (Ext4Time(status.st_atim), Ext4Time(status.st_mtim), Ext4Time(status.st_ctim))
        (inode.i_atime, inode.i_atime_extra) = (access.low, access.extra)
        (inode.i_mtime, inode.i_mtime_extra) = (modification.low, modification.extra)
        (inode.i_ctime, inode.i_ctime_extra) = (change.low, change.extra)
        // Room for the parts of times that an inode of the first ext2 had none for.
        inode.i_extra_isize = max(inode.i_extra_isize, UInt16(MemoryLayout<ext2_inode_large>.size - 128))
        try volume.write(inode, to: number)
        try ExtendedAttributes.copy(from: path, to: number, of: volume)
    }

    private func reading<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(Failure) -> Result {
        try failing(.vault) { () throws(SystemError) in try body() }
    }
}
