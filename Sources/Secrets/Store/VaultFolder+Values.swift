import CLinux
import Contract
import Linux

extension VaultFolder {
    private static let mode: mode_t = 0o600

    /// Writes a new file, which must not be there yet, for this user alone. It may not be on the disk yet (`synchronize`).
    func write(_ value: borrowing SecretBuffer, to path: String) throws(SystemError) {
        let file = try open(path, O_WRONLY | O_CREAT | O_EXCL, mode: UInt64(VaultFolder.mode))
        var written = 0
        while written < value.count {
            written += try retrying("write \(path) in the vault") {
                value.withBytes { CLinux.write(file.raw, $0.baseAddress.map { $0 + written }, $0.count - written) }
            }
        }
    }

    /// The whole of a file.
    ///
    /// - Throws: ENOENT where it is not; EFBIG past `limit` bytes.
    func read(_ path: String, limit: Int) throws(SystemError) -> SecretBuffer {
        let stage = "read \(path) in the vault"
        // A pipe of that name would never answer.
        let file = try open(path, O_RDONLY | O_NONBLOCK)
        var status = stat()
        try retrying(stage) { fstat(file.raw, &status) }
        guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) else { throw SystemError(stage, errno: EINVAL) }
        guard status.st_size <= limit else { throw SystemError(stage, errno: EFBIG) }
        var value = try SecretBuffer(capacity: Int(status.st_size))
        try value.appendAll(ofFile: file, stage: stage)
        return value
    }

    /// Whether the file is there as it should be: these bytes, for this user alone.
    func holds(_ value: borrowing SecretBuffer, at path: String) -> Bool {
        guard let file = try? open(path, O_RDONLY | O_NONBLOCK), var chunk = try? SecretBuffer(capacity: VaultFolder.chunkSize)
        else { return false }
        var status = stat()
        guard fstat(file.raw, &status) == 0, status.st_mode == VaultFolder.mode | mode_t(S_IFREG),
            Int(status.st_size) == value.count
        else { return false }
        var done = 0
        while done < value.count {
            let descriptor = file.raw
            chunk.fill { pread(descriptor, $0.baseAddress, $0.count, off_t(done)) }
            let isSame = chunk.withBytes { old in
                value.withBytes { old.count > 0 && old.elementsEqual($0.dropFirst(done).prefix(old.count)) }
            }
            if !isSame { return false }
            done += chunk.count
        }
        return true
    }

    private static let chunkSize = 64 * 1024
}

extension SecretBuffer {
    /// Fills what is left of the buffer from a file, or to the file's end.
    fileprivate mutating func appendAll(ofFile file: borrowing Descriptor, stage: String) throws(SystemError) {
        var done = 0
        var error: SystemError?
        let descriptor = file.raw
        fill { target in
            while done < target.count {
                do throws(SystemError) {
                    let got = try retrying(stage) {
                        CLinux.pread(descriptor, target.baseAddress.map { $0 + done }, target.count - done, off_t(done))
                    }
                    if got == 0 { break }
                    done += got
                } catch let caught {
                    error = caught
                    break
                }
            }
            return done
        }
        if let error { throw error }
    }
}
