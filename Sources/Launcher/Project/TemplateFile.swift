import CLinux
import Contract
import Linux

/// A file that a new project gets.
struct TemplateFile: Equatable {
    /// Relative to the project's folder.
    var path: String
    var text: String

    /// Writes it if nothing is there: whole, or not at all, whatever interrupts us.
    ///
    /// - Returns: false when the file is there already.
    func write(in directory: String) throws(Failure) -> Bool {
        let place = "\(directory)/\(path)"
        return try failing(.project) { () throws(SystemError) in
            if access(place, F_OK) == 0 { return false }
            let folder = String(place[..<(place.lastIndex(of: "/") ?? place.endIndex)])
            if mkdir(folder, 0o755) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(folder)") }
            let temporary = "\(place).\(getpid()).part"
            defer { unlink(temporary) }
            try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o644, stage: "write \(place)")
                .write(text, stage: "write \(place)")
            if clinux_rename_new(AT_FDCWD, temporary, AT_FDCWD, place) == 0 { return true }
            if clinux_errno() == EEXIST { return false }
            throw SystemError.last("write \(place)")
        }
    }
}
