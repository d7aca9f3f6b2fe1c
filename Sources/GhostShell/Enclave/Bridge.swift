import CLinux
import Contract
import Linux

/// A folder of the vault, seen in the ghost's home too, under the same name.
///
/// The vault's contents are the ghost's to write. A link there could lead out of the vault, and what a program then believes it
/// keeps in the vault would be in the public area; so none is followed.
struct Bridge {
    let name: String
    let account: Account

    /// Makes both folders where they are missing, and binds the one to the other.
    func build() throws(Failure) {
        let source = try folder(below: EnclavePlan.vaultPath(of: account))
        let target = try folder(below: account.home)
        try failing(.provider, next: "docs/security.md lists what a pod needs") { () throws(SystemError) in
            let tree = Descriptor(owning: try retrying("bridge \(name)") { clinux_clone_tree(source.raw) })
            try retrying("put the bridge \(name) in its place") { clinux_move_mount(tree.raw, target.raw) }
        }
    }

    /// The folder `name` below `base`, step by step, as the user.
    private func folder(below base: String) throws(Failure) -> Descriptor {
        do {
            var folder = try Descriptor.open(base, O_PATH | O_DIRECTORY, stage: "open \(base)")
            for part in name.split(separator: "/") {
                try makeAsUser(String(part), in: folder)
                folder = try open(String(part), in: folder)
            }
            return folder
        } catch  where error.errno == ELOOP || error.errno == ENOTDIR {
            throw Failure(
                .refused,
                """
                the bridge \(name) is a file or a link in the vault, or leads over one, so it was not followed; take it out of \
                bridges: in config.yaml, and once the vault is open, put a folder in its place
                """)
        } catch {
            throw Failure(.vault, error)
        }
    }

    private func open(_ part: String, in folder: borrowing Descriptor) throws(SystemError) -> Descriptor {
        let resolve = Defence.bridgeLinks.isOn ? UInt64(RESOLVE_NO_SYMLINKS) : 0
        return Descriptor(
            owning: try retrying("open the bridge \(name)") {
                clinux_openat2(folder.raw, part, UInt64(O_PATH | O_DIRECTORY | O_CLOEXEC), 0, resolve)
            })
    }

    private func makeAsUser(_ part: String, in folder: borrowing Descriptor) throws(SystemError) {
        try account.withFileRights { () throws(SystemError) in
            if mkdirat(folder.raw, part, 0o755) != 0, clinux_errno() != EEXIST { throw .last("make the bridge \(name)") }
        }
    }
}
