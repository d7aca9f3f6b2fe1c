import CCryptsetup
import CLinux
import Contract
import Linux

/// Puts a backup back in a header's place.
///
/// The checked backup is first written whole to a file of its own beside the image, and is on the disk under its final name before
/// the first byte of the image changes. Broken off after that, the next to open the vault finishes the work.
enum HeaderRestore {
    private static let suffix = ".restore"
    private static let stage = "restore the vault's header"

    static func run(_ image: borrowing VaultImage, from file: Int32) throws(Failure) -> Message {
        let backup = try read(file)
        let message = try check(backup, against: image)
        let bytes = try failing(.vault) { () throws(SystemError) in
            try backup.memory.read(backup.length, at: 0, stage: "read the backup")
        }
        guard Defence.restoreJournal.isOn else {
            try failing(.vault) { () throws(SystemError) in try image.descriptor.write(bytes, at: 0, stage: stage) }
            return message
        }
        try failing(.vault, next: "nothing was changed") { () throws(SystemError) in
            let temporary = image.name + suffix + ".new"
            let copy = Descriptor(
                owning: try retrying(stage) {
                    clinux_openat(
                        image.directory.raw, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
                })
            try copy.write(bytes, stage: stage)
            try retrying(stage) { fsync(copy.raw) }
            try retrying(stage) { renameat(image.directory.raw, temporary, image.directory.raw, image.name + suffix) }
            try retrying(stage) { fsync(image.directory.raw) }
        }
        try finish(image)
        return message
    }

    /// Finishes a restore that was broken off, if there is one.
    static func finish(_ image: borrowing VaultImage) throws(Failure) {
        let name = image.name + suffix
        let raw = clinux_openat(image.directory.raw, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0)
        guard raw >= 0 else { return }
        let copy = Descriptor(owning: raw)
        try failing(.vault, next: "make room, and try again: the new header is kept in \(name)") { () throws(SystemError) in
            let bytes = try copy.read(HeaderSnapshot.mostLength, at: 0, stage: stage)
            try image.descriptor.write(bytes, at: 0, stage: stage)
            try retrying(stage) { fsync(image.descriptor.raw) }
            try retrying(stage) { unlinkat(image.directory.raw, name, 0) }
            try retrying(stage) { fsync(image.directory.raw) }
        }
    }

    /// - Throws: code 6 for what is no backup, or a damaged one.
    private static func read(_ file: Int32) throws(Failure) -> HeaderSnapshot {
        let source = Descriptor(owning: file)
        let memory = try HeaderSnapshot.emptyMemory()
        let bytes = try failing(.vault, next: "that is no backup of a vault's header") { () throws(SystemError) in
            try source.readAll(limit: Int(HeaderSnapshot.mostLength), stage: "read the backup")
        }
        try failing(.vault) { () throws(SystemError) in try memory.write(bytes, at: 0, stage: "read the backup") }
        let backup: HeaderSnapshot
        do {
            backup = try HeaderSnapshot(memory: memory)
        } catch {
            throw Failure(.vault, "the backup holds no usable LUKS2 header: it is damaged, or no backup; nothing was changed")
        }
        guard UInt64(bytes.count) == backup.length else {
            throw Failure(
                .vault,
                "the backup is damaged: it has \(bytes.count) bytes and should have \(backup.length); nothing was changed")
        }
        let damaged = backup.header.emptySlots(in: backup.memory)
        guard damaged.isEmpty else {
            throw Failure(.vault, "the backup is damaged: its key slot \(damaged[0]) is empty; nothing was changed")
        }
        return backup
    }

    /// - Throws: code 6 when the backup is another vault's.
    private static func check(_ backup: borrowing HeaderSnapshot, against image: borrowing VaultImage) throws(Failure) -> Message
    {
        let offset = crypt_get_data_offset(backup.header.device) * 512
        var status = stat()
        guard fstat(image.descriptor.raw, &status) == 0, backup.length <= offset, UInt64(max(status.st_size, 0)) > offset else {
            throw Failure(.vault, "the backup's header does not fit the vault's image; nothing was changed")
        }
        let present: HeaderSnapshot
        do {
            present = try HeaderSnapshot.take(of: image.descriptor)
        } catch {
            // A header that asks for another program is none of ours to replace.
            guard error == VaultHeader.unreadable else { throw error }
            // This is what backups are for. Nothing tells then whose data it is.
            return Message("ok").adding("unchecked", "1")
        }
        guard HeaderIdentity(present.header) == HeaderIdentity(backup.header), present.length == backup.length else {
            throw Failure(.vault, "the backup is of another vault; nothing was changed")
        }
        return Message("ok")
    }
}
