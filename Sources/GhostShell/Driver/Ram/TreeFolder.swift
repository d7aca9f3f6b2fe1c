import CLinux
import Linux

/// An open folder of the tree that a vault in memory is.
struct TreeFolder: ~Copyable {
    let descriptor: Descriptor

    /// A name as system calls take it: bytes, and a zero.
    typealias Name = [CChar]

    struct Entry {
        var name: Name
        var status: stat
    }

    /// Its own entry.
    static let itself: Name = [CChar(bitPattern: UInt8(ascii: ".")), 0]

    init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// What is in it, by name. What vanishes meanwhile is left out.
    func entries() throws(SystemError) -> [Entry] {
        guard let names = namesInFolder("/proc/self/fd/\(descriptor.raw)") else { throw .last("list a folder of the vault") }
        var entries: [Entry] = []
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let name = name.map { CChar(bitPattern: $0) } + [0]
            if let status = try status(of: name) { entries.append(Entry(name: name, status: status)) }
        }
        return entries
    }

    /// - Returns: nil when it is not there.
    func status(of name: Name) throws(SystemError) -> stat? {
        var status = stat()
        if fstatat(descriptor.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return status }
        if clinux_errno() == ENOENT { return nil }
        throw .last("look at a file of the vault")
    }

    /// Opens what has this name; never a link's target.
    ///
    /// - Returns: nil when it is not there, or is something else by now.
    func open(_ name: Name, _ flags: Int32) throws(SystemError) -> Descriptor? {
        let raw = clinux_openat(descriptor.raw, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0)
        if raw >= 0 { return Descriptor(owning: raw) }
        if [ENOENT, ENOTDIR, ELOOP].contains(clinux_errno()) { return nil }
        throw .last("open a file of the vault")
    }

    func folder(_ name: Name) throws(SystemError) -> TreeFolder? {
        guard let descriptor = try open(name, O_RDONLY | O_DIRECTORY) else { return nil }
        return TreeFolder(descriptor)
    }

    /// A second descriptor for the same folder.
    func duplicate() throws(SystemError) -> TreeFolder {
        TreeFolder(try descriptor.duplicate())
    }

    /// A path to what has this name, in this process: there are no *at() calls for extended attributes.
    func path(to name: Name) -> Name {
        "/proc/self/fd/\(descriptor.raw)/".utf8.map { CChar(bitPattern: $0) } + name
    }
}

extension stat {
    var kind: mode_t { st_mode & mode_t(S_IFMT) }
    var isFolder: Bool { kind == mode_t(S_IFDIR) }
    var isFile: Bool { kind == mode_t(S_IFREG) }
    var isLink: Bool { kind == mode_t(S_IFLNK) }
    var isDevice: Bool { kind == mode_t(S_IFCHR) || kind == mode_t(S_IFBLK) }
}

extension TreeFolder {
    /// Takes every file's content away, and then the files: whoever still holds one finds nothing in it.
    func empty() {
        guard Defence.shutOff.isOn else { return }
        for entry in (try? entries()) ?? [] {
            if entry.status.isFolder {
                if let folder = try? folder(entry.name) { folder.empty() }
                unlinkat(descriptor.raw, entry.name, AT_REMOVEDIR)
                continue
            }
            if entry.status.isFile, let file = try? open(entry.name, O_WRONLY) { ftruncate(file.raw, 0) }
            unlinkat(descriptor.raw, entry.name, 0)
        }
    }
}
