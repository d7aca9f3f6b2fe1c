import CLinux
import Contract
import Linux

/// The open vault, as its ghost sees it: where secrets are written, and nowhere else.
///
/// Every path is relative to its root, and is followed through no link and no mount (openat2(2)): what the public area writes
/// into the project cannot lead out of it.
final class VaultFolder {
    private let root: Descriptor
    /// Absolute, for those who are told where a file is.
    let path: String

    /// What TazPod keeps for itself, out of reach of `file:`.
    static let own = ".tazpod"
    private static let beneath =
        Defence.vaultLinks.isOn ? UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV) : 0

    /// The vault that is mounted in this ghost's home.
    ///
    /// - Throws: code 7 where none is: a plain folder of that name would keep secrets in the clear.
    static func open() throws(Failure) -> VaultFolder {
        guard let home = environmentValue("HOME"), home.hasPrefix("/") else {
            throw Failure(.refused, "there is no HOME here, so no vault; run it in a ghost (tazpod unlock)")
        }
        return try VaultFolder(path: "\(home)/secrets", mountedIn: home)
    }

    /// - Parameter home: The folder that `path` must be on another file system than; nil asks nothing.
    init(path: String, mountedIn home: String?) throws(Failure) {
        self.path = path
        guard let root = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, stage: "open \(path)") else {
            throw Failure(.refused, "no vault is open here; run it in a ghost (tazpod unlock)")
        }
        if let home, Defence.mountedVault.isOn {
            var above = stat()
            var status = stat()
            guard stat(home, &above) == 0, fstat(root.raw, &status) == 0, above.st_dev != status.st_dev else {
                throw Failure(
                    .refused, "no vault is mounted at \(path), so nothing is written there; run it in a ghost (tazpod unlock)")
            }
        }
        self.root = root
    }

    /// openat2(2), close-on-exec.
    func open(_ path: String, _ flags: Int32, mode: UInt64 = 0) throws(SystemError) -> Descriptor {
        let stage = "open \(path) in the vault"
        return Descriptor(
            owning: try retrying(stage) {
                clinux_openat2(root.raw, path, UInt64(UInt32(bitPattern: flags | O_CLOEXEC)), mode, VaultFolder.beneath)
            })
    }

    /// Makes a folder and those above it, for this user alone.
    func makeFolder(_ path: String) throws(SystemError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += made.isEmpty ? String(part) : "/\(part)"
            let above = try open(parent(of: made), O_PATH | O_DIRECTORY)
            if mkdirat(above.raw, String(part), 0o700) != 0, clinux_errno() != EEXIST {
                throw .last("make the folder \(made) in the vault")
            }
        }
    }

    func remove(_ path: String) throws(SystemError) {
        let folder = try open(parent(of: path), O_PATH | O_DIRECTORY)
        if unlinkat(folder.raw, leaf(of: path), 0) != 0, clinux_errno() != ENOENT { throw .last("remove \(path) from the vault") }
    }

    /// rename(2) between two places of the vault.
    func rename(_ from: String, to path: String) throws(SystemError) {
        let source = try open(parent(of: from), O_PATH | O_DIRECTORY)
        let target = try open(parent(of: path), O_PATH | O_DIRECTORY)
        try retrying("put \(path) in its place in the vault") {
            renameat(source.raw, leaf(of: from), target.raw, leaf(of: path))
        }
    }

    /// The names in a folder; none where it is not there.
    func names(in folder: String) -> [String] {
        (namesInFolder("\(path)/\(folder)") ?? []).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Everything written so far is on the disk when this returns.
    func synchronize() throws(SystemError) {
        try retrying("write the vault to the disk") { syncfs(root.raw) }
    }

    func isFolder(_ path: String) -> Bool {
        (try? open(path, O_PATH | O_DIRECTORY)) != nil
    }

    private func parent(of path: String) -> String {
        let parts = path.split(separator: "/").dropLast()
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }

    private func leaf(of path: String) -> String {
        path.split(separator: "/").last.map { String($0) } ?? path
    }
}
