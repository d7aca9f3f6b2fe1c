import CLinux
import Contract
import Linux

/// The secrets that the engine gave the pod, as files of root's alone (`source: engine`): in the enclave they are the user's.
///
/// Links are followed as far as they stay in the folder, since Kubernetes puts one before each file.
struct EngineSecrets {
    let account: Account
    var folder = PodPaths.secrets

    /// A secret's longest value.
    static let longest = 1 << 20
    private static let most = 1000

    /// Covers the folder with a copy of its files. Without one there is nothing to do.
    func build() throws(SystemError) {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW
        guard let source = try? Descriptor.open(folder, flags, stage: "open \(folder)") else { return }
        let names = (namesInFolder(folder) ?? []).filter { $0.first != UInt8(ascii: ".") }
        let noSwap = MemoryFilesystem.canBeExemptFromSwap ? ",noswap" : ""
        try retrying("mount the enclave's own \(folder)") {
            mount(
                "tmpfs", folder, "tmpfs", UInt(MS_NOSUID | MS_NODEV | MS_NOEXEC),
                "mode=0700,uid=\(account.uid),gid=\(account.gid)\(noSwap)")
        }
        let target = try Descriptor.open(folder, O_PATH | O_DIRECTORY | O_NOFOLLOW, stage: "open \(folder)")
        for name in names.prefix(EngineSecrets.most) {
            try copy(String(decoding: name, as: UTF8.self), from: source, to: target)
        }
    }

    /// One file; nothing where it is something else, or longer than a secret.
    func copy(_ name: String, from source: borrowing Descriptor, to target: borrowing Descriptor) throws(SystemError) {
        let stage = "copy the engine's secret \(name)"
        // A file that is none of the folder's, or that has gone, is not the engine's.
        let raw = clinux_openat2(
            source.raw, name, UInt64(O_RDONLY | O_NONBLOCK | O_CLOEXEC), 0, UInt64(RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS))
        if raw < 0 { return }
        let file = Descriptor(owning: raw)
        var status = stat()
        try retrying(stage) { fstat(file.raw, &status) }
        guard status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG), status.st_size <= EngineSecrets.longest else { return }
        let copy = Descriptor(
            owning: try retrying(stage) {
                clinux_openat(target.raw, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o400)
            })
        // In the kernel alone: no byte of it is in our memory.
        var left = EngineSecrets.longest
        while left > 0 {
            let count = try retrying(stage) { sendfile(copy.raw, file.raw, nil, left) }
            if count == 0 { break }
            left -= count
        }
        try retrying(stage) { fchown(copy.raw, account.uid, account.gid) }
    }
}
