import CLinux
import Contract
import Linux

extension VaultImage {
    /// Where a new image is made before it takes the old one's place.
    private var replacementName: String { name + ".new" }

    /// A new file beside the image, empty, locked and of `length` bytes. The image itself is untouched until `replace`.
    func makeReplacement(length: UInt64) throws(Failure) -> Descriptor {
        // The vault is locked, so one that is there was left by a crash.
        unlinkat(directory.raw, replacementName, 0)
        return try failing(.vault) { () throws(SystemError) in
            let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
            let file = Descriptor(
                owning: try retrying("make the vault's new image") { clinux_openat(directory.raw, replacementName, flags, 0o600) }
            )
            // Before it has the image's name: whoever opens that finds the vault locked at any moment.
            try retrying("lock the vault's new image") { clinux_ofd_lock_whole_file(file.raw) }
            try retrying("give the vault's new image its size") { ftruncate(file.raw, off_t(clamping: length)) }
            return file
        }
    }

    /// Takes cryptsetup's own lock on the image's current file, or fails: while the result has it, no key slot changes.
    ///
    /// By an open file description of its own, since over NFS this and our lock on the image are one, and would go together. There
    /// ours keeps cryptsetup out already.
    func lockHeader(
        of current: borrowing Descriptor, replacedBy replacement: borrowing Descriptor
    ) throws(Failure) -> Descriptor {
        let header = try failing(.vault) { () throws(SystemError) in
            try Descriptor.open("/proc/self/fd/\(current.raw)", O_RDWR, stage: "open the image again")
        }
        guard VaultImage.keepsOutFlock(replacement) || flock(header.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(.vault, "another program (cryptsetup?) is using the vault's image; try again when it is done")
        }
        return header
    }

    /// Gives `replacement` the name of the image, whose current file is `current`, once all of it is on the disk.
    func replace(_ current: borrowing Descriptor, by replacement: borrowing Descriptor) throws(Failure) {
        try failing(.vault) { () throws(SystemError) in
            var status = stat()
            try retrying("look at the vault's image") { fstat(current.raw, &status) }
            try retrying("give the vault's new image its mode") { fchmod(replacement.raw, status.st_mode & 0o7777) }
            // Some file systems have one owner for everything.
            if fchown(replacement.raw, status.st_uid, status.st_gid) != 0, clinux_errno() != EPERM {
                throw .last("give the vault's new image its owner")
            }
            try retrying("write the vault's new image to the disk") { fsync(replacement.raw) }
            try retrying("give the vault's new image its name") {
                renameat(directory.raw, replacementName, directory.raw, name)
            }
            try retrying("write the vault's folder to the disk") { fsync(directory.raw) }
        }
    }

    /// What to say when the disk may have too little room for a whole new image.
    func replacementWarning() -> String? {
        var status = stat()
        guard fstat(descriptor.raw, &status) == 0, let room = roomOnDisk, Int64(clamping: room) < status.st_size else {
            return nil
        }
        return """
            a save writes the vault's image anew, with up to \(status.st_size >> 20) MiB, and its disk has \(room >> 20) MiB left; \
            make room, or saves may fail
            """
    }

    /// Removes what `makeReplacement` made and nothing replaced.
    func discardReplacement() {
        unlinkat(directory.raw, replacementName, 0)
    }
}
