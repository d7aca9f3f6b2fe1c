import CLinux
import Contract
import Linux

/// The file that holds a vault, open and locked for this process and those it forks.
struct VaultImage: ~Copyable {
    private(set) var descriptor: Descriptor
    /// Its folder, and its name there.
    let directory: Descriptor
    let name: String
    /// This is a new image under a temporary name: `publish` gives it its own.
    let isNew: Bool

    /// Opens the image at `path`, or makes a new one beside it, of `newSize` bytes, if there is none.
    ///
    /// No symbolic link is followed on the way (openat2(2)): the public area may write to parts of the path.
    ///
    /// - Throws: code 6 when it is open elsewhere, cannot be written, or is no regular file.
    static func open(path: String, newSize: UInt64) throws(Failure) -> VaultImage {
        try open(path: path, sizeIfNew: newSize)
    }

    /// Opens the image at `path`, which must be there.
    static func openExisting(path: String) throws(Failure) -> VaultImage {
        try open(path: path, sizeIfNew: nil)
    }

    private static func open(path: String, sizeIfNew: UInt64?) throws(Failure) -> VaultImage {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), path.utf8.first == UInt8(ascii: "/") else {
            throw Failure(.project, "the vault's path \(path) is not absolute")
        }
        let folder = String(path[..<slash])
        let name = String(path[path.utf8.index(after: slash)...])
        let directory = try openDirectory(folder.isEmpty ? "/" : folder)
        let links = Defence.imageLinks.isOn ? O_NOFOLLOW : 0
        let existing = clinux_openat(directory.raw, name, O_RDWR | links | O_CLOEXEC | O_NONBLOCK, 0)
        if existing < 0, clinux_errno() == ENOENT {
            guard let sizeIfNew else { throw Failure(.vault, "there is no vault yet; tazpod unlock makes it") }
            return try create(in: directory, name: name, size: sizeIfNew)
        }
        guard existing >= 0 else { throw openFailure(path, clinux_errno()) }
        let image = VaultImage(descriptor: Descriptor(owning: existing), directory: directory, name: name, isNew: false)
        var status = stat()
        guard fstat(image.descriptor.raw, &status) == 0, status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else {
            throw Failure(.vault, "the vault's image \(path) is not a regular file; nothing was changed")
        }
        try image.lock()
        // Between open and lock a save, or another size, may have put another file in its place.
        guard image.hasName(name) else {
            throw Failure(.vault, "the vault is open elsewhere, so it cannot be opened here; lock it there first")
        }
        try DMCryptDriver.clearLeftovers(of: image)
        try LoopDevice.checkUnused(asBackingFile: image.descriptor)
        try HeaderRestore.finish(image)
        return image
    }

    /// A path that leads to this file and no other, in this process and those it forks.
    var descriptorPath: String { "/proc/self/fd/\(descriptor.raw)" }

    private init(descriptor: consuming Descriptor, directory: consuming Descriptor, name: String, isNew: Bool) {
        self.descriptor = descriptor
        self.directory = directory
        self.name = name
        self.isNew = isNew
    }

    private static func openFailure(_ path: String, _ errno: Int32) -> Failure {
        switch errno {
        case EROFS:
            Failure(.vault, "the vault's image \(path) is on a read-only mount, so it cannot be opened; nothing was changed")
        case ELOOP:
            Failure(.refused, "the vault's image \(path) is a symbolic link, which is not followed; put the file itself there")
        default: Failure(.vault, SystemError("open the vault's image \(path)", errno: errno))
        }
    }

    private static func openDirectory(_ path: String) throws(Failure) -> Descriptor {
        let raw = clinux_openat2(AT_FDCWD, path, UInt64(O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, UInt64(RESOLVE_NO_SYMLINKS))
        guard raw >= 0 else { throw Failure(.vault, SystemError.last("open the vault's folder \(path)")) }
        return Descriptor(owning: raw)
    }

    /// An empty file beside `original`, named after it, to become an image that replaces it.
    static func temporary(beside original: borrowing VaultImage, suffix: String) throws(Failure) -> VaultImage {
        let directory = try failing(.vault) { () throws(SystemError) in try original.directory.duplicate() }
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC
        let raw = clinux_openat(directory.raw, original.name + suffix, flags, 0o600)
        guard raw >= 0 else { throw Failure(.vault, SystemError.last("make the vault's new image")) }
        let image = VaultImage(
            descriptor: Descriptor(owning: raw), directory: directory, name: original.name + suffix, isNew: false)
        try image.lock()
        try failing(.vault) { () throws(SystemError) in
            try retrying("empty the vault's new image") { ftruncate(raw, 0) }
        }
        return image
    }

    private static func create(in directory: consuming Descriptor, name: String, size: UInt64) throws(Failure) -> VaultImage {
        let temporary = name + ".new"
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC
        let raw = clinux_openat(directory.raw, temporary, flags, 0o600)
        if raw < 0, clinux_errno() == EROFS {
            throw Failure(.vault, "the vault's folder is on a read-only mount, so no vault can be made; nothing was changed")
        }
        guard raw >= 0 else { throw Failure(.vault, SystemError.last("make the vault's image")) }
        let image = VaultImage(descriptor: Descriptor(owning: raw), directory: directory, name: name, isNew: true)
        // Whoever holds the lock is making the vault just now; a file without it was left by a crash, and is empty or no vault yet.
        try image.lock()
        // Between the two calls another may have finished the vault, and given this very file its name.
        guard image.hasName(temporary) else {
            throw Failure(.vault, "the vault was made elsewhere at this moment; run tazpod unlock again")
        }
        try failing(.vault) { () throws(SystemError) in
            try image.adopt()
            try retrying("empty the new image") { ftruncate(image.descriptor.raw, 0) }
            try retrying("give the new image its size") { ftruncate(image.descriptor.raw, off_t(clamping: size)) }
        }
        return image
    }

    /// A new image belongs to whom its folder belongs to, and not to the pod's root: in a user namespace that is nobody's id on the
    /// host.
    private func adopt() throws(SystemError) {
        var folder = stat()
        try retrying("look at the vault's folder") { fstat(directory.raw, &folder) }
        // Some file systems have one owner for everything, and one that this pod does not know has no number here.
        if fchown(descriptor.raw, folder.st_uid, folder.st_gid) != 0, clinux_errno() != EPERM, clinux_errno() != EINVAL {
            throw .last("give the new image its owner")
        }
    }

    /// An open-file-description lock: it lives as long as any process holds the descriptor. libcryptsetup uses flock(2) for
    /// itself, so a flock of ours would make it wait for us; one of somebody else's tells that a tool is at work.
    private func lock() throws(Failure) {
        // Looked at first, and given back before ours is taken: over NFS the two are one lock, and would go together.
        let isUnused = flock(descriptor.raw, LOCK_EX | LOCK_NB) == 0
        flock(descriptor.raw, LOCK_UN)
        if Defence.imageLock.isOn, clinux_ofd_lock_whole_file(descriptor.raw) != 0 {
            throw Failure(.vault, "the vault is open elsewhere, so it cannot be opened here; lock it there first")
        }
        guard isUnused else {
            throw Failure(.vault, "another program (cryptsetup?) is using the vault's image; try again when it is done")
        }
        if VaultImage.keepsOutFlock(descriptor) { VaultHeader.relyOnImageLock() }
    }

    /// Whether our lock on `file` keeps out a flock(2) of this process too, as it does over NFS (flock(2), "NFS details").
    static func keepsOutFlock(_ file: borrowing Descriptor) -> Bool {
        guard let other = try? Descriptor.open("/proc/self/fd/\(file.raw)", O_RDWR, stage: "open the image again") else {
            return false
        }
        return flock(other.raw, LOCK_EX | LOCK_NB) != 0
    }

    private func hasName(_ name: String) -> Bool {
        var named = stat()
        var opened = stat()
        let links = Defence.imageLinks.isOn ? AT_SYMLINK_NOFOLLOW : 0
        return fstatat(directory.raw, name, &named, links) == 0 && fstat(descriptor.raw, &opened) == 0
            && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev
    }

    /// Goes on with the file that has taken this one's place, locked as this one was.
    mutating func continueWith(_ replacement: consuming Descriptor) {
        descriptor = replacement
    }

    /// Gives a new image its name, once all of it is on the disk. One that came there meanwhile is not replaced.
    func publish() throws(Failure) {
        try failing(.vault) { () throws(SystemError) in
            try retrying("write the new vault to the disk") { fsync(descriptor.raw) }
            try retrying("give the new vault its name") {
                clinux_rename_new(directory.raw, name + ".new", directory.raw, name)
            }
            try retrying("write the vault's folder to the disk") { fsync(directory.raw) }
        }
    }

    /// Removes the temporary name of a new image: what was published has another by then.
    func discardIfUnpublished() {
        if isNew { unlinkat(directory.raw, name + ".new", 0) }
    }

    /// When the image was last written, in seconds since 1970.
    func modificationTime() -> Int {
        var status = stat()
        fstat(descriptor.raw, &status)
        return status.st_mtim.tv_sec
    }

    /// What to say when the image, which takes room on its disk only as it is written, may grow larger than the disk allows.
    func roomWarning() -> String? {
        var status = stat()
        guard fstat(descriptor.raw, &status) == 0 else { return nil }
        let missing = max(Int64(status.st_size) - Int64(status.st_blocks) * 512, 0)
        guard let room = roomOnDisk, UInt64(missing) > room else { return nil }
        return """
            the vault's image may grow by \(missing >> 20) MiB and its disk has \(room >> 20) MiB left; make room, or writes in the \
            ghost will fail when it is full
            """
    }

    /// Bytes that files may still take on its disk; nil when that is not known.
    var roomOnDisk: UInt64? {
        var disk = statvfs()
        guard fstatvfs(descriptor.raw, &disk) == 0 else { return nil }
        let (room, overflow) = UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize))
        return overflow ? nil : room
    }
}
