import CLinux
import Contract
import Linux

/// A copy of a vault's image beside it, under a name of its own until it takes the image's. One that a crash left is overwritten
/// by the next.
struct ImageCopy: ~Copyable {
    let image: VaultImage

    private static let suffix = ".resize"
    private static let stage = "copy the vault's image"

    /// Makes the copy, with the header and no data yet.
    static func make(of original: borrowing VaultImage, length: UInt64, headerLength: UInt64) throws(Failure) -> ImageCopy {
        let copy = ImageCopy(image: try VaultImage.temporary(beside: original, suffix: suffix))
        do throws(Failure) {
            let descriptor = copy.image.descriptor.raw
            try failing(.vault) { () throws(SystemError) in
                var status = stat()
                try retrying(ImageCopy.stage) { fstat(original.descriptor.raw, &status) }
                try ImageCopy.checkSpace(descriptor, needed: UInt64(max(status.st_blocks, 0)) * 512)
                try retrying(ImageCopy.stage) { fchown(descriptor, status.st_uid, status.st_gid) }
                try retrying(ImageCopy.stage) { fchmod(descriptor, status.st_mode & 0o7777) }
                try original.descriptor.copy(0..<headerLength, to: copy.image.descriptor, stage: ImageCopy.stage)
                try retrying(ImageCopy.stage) { ftruncate(descriptor, off_t(clamping: length)) }
            }
        } catch {
            copy.discard()
            throw error
        }
        return copy
    }

    private static func checkSpace(_ descriptor: Int32, needed: UInt64) throws(SystemError) {
        var space = statvfs()
        try retrying(stage) { fstatvfs(descriptor, &space) }
        if UInt64(space.f_bavail) * UInt64(space.f_frsize) < needed {
            throw SystemError("\(stage), for which the disk must have \(needed >> 20) MiB free", errno: ENOSPC)
        }
    }

    /// Copies the data too. It stays encrypted as it is. Where the file system can share blocks, nothing is copied (ioctl_ficlone(2)).
    func addData(of original: borrowing VaultImage) throws(Failure) {
        try failing(.vault) { () throws(SystemError) in
            var status = stat()
            try retrying(ImageCopy.stage) { fstat(original.descriptor.raw, &status) }
            var range = file_clone_range()
            range.src_fd = Int64(original.descriptor.raw)
            if clinux_ioctl(image.descriptor.raw, CLINUX_FICLONERANGE, &range) == 0 { return }
            try original.descriptor.copy(0..<UInt64(max(status.st_size, 0)), to: image.descriptor, stage: ImageCopy.stage)
        }
    }

    /// Puts the finished copy in the original's place.
    func replaceOriginal(of original: borrowing VaultImage, length: UInt64) throws(Failure) {
        try failing(.vault) { () throws(SystemError) in
            let stage = "put the vault's new image in its place"
            try retrying(stage) { ftruncate(image.descriptor.raw, off_t(clamping: length)) }
            try retrying(stage) { fsync(image.descriptor.raw) }
            try retrying(stage) {
                renameat(original.directory.raw, original.name + ImageCopy.suffix, original.directory.raw, original.name)
            }
            try retrying(stage) { fsync(original.directory.raw) }
        }
    }

    func discard() {
        unlinkat(image.directory.raw, image.name, 0)
    }
}
