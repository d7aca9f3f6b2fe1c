import CLinux
import Contract
import Linux

/// A file that is for its owner alone, and has its name only once all of it is there.
struct NewFile: ~Copyable {
    let descriptor: Descriptor
    private let path: String
    private let temporary: String
    private let replaces: Bool

    /// - Parameter replaces: Whether a file of that name may be there already.
    static func make(_ path: String, replaces: Bool) throws(Failure) -> NewFile {
        if !replaces, access(path, F_OK) == 0 {
            throw Failure(.refused, "\(path) is there already; give --force to replace it")
        }
        let temporary = "\(path).\(getpid()).part"
        let descriptor = try failing(.usage) { () throws(SystemError) in
            try Descriptor.open(
                temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600, stage: "make a file beside \(path)")
        }
        return NewFile(descriptor: descriptor, path: path, temporary: temporary, replaces: replaces)
    }

    private init(descriptor: consuming Descriptor, path: String, temporary: String, replaces: Bool) {
        self.descriptor = descriptor
        self.path = path
        self.temporary = temporary
        self.replaces = replaces
    }

    deinit {
        // Of a published file the name is another.
        unlink(temporary)
    }

    func publish() throws(Failure) {
        try failing(.vault) { () throws(SystemError) in
            try retrying("write \(path)") { fsync(descriptor.raw) }
            try retrying("give \(path) its name") {
                replaces ? rename(temporary, path) : clinux_rename_new(AT_FDCWD, temporary, AT_FDCWD, path)
            }
        }
    }
}
