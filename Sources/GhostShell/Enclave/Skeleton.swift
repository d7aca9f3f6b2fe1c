import CLinux
import Linux

/// What a new home begins with: a copy of /etc/skel, as useradd(8) makes one. A ghost works without, so what cannot be copied
/// costs no more than that it is not there.
struct Skeleton {
    let account: Account
    var source = "/etc/skel"

    /// Copies it into `home`, which nobody else can reach yet.
    func copy(to home: String) {
        account.withFileRights { Skeleton.copyContents(of: source, to: home) }
    }

    private static func copyContents(of folder: String, to target: String) {
        for name in namesInFolder(folder) ?? [] {
            let name = String(decoding: name, as: UTF8.self)
            copy("\(folder)/\(name)", to: "\(target)/\(name)")
        }
    }

    private static func copy(_ path: String, to target: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        let permissions = status.st_mode & 0o777
        switch status.st_mode & mode_t(S_IFMT) {
        case mode_t(S_IFREG): try? copyFile(path, to: target, permissions)
        case mode_t(S_IFLNK):
            if let destination = try? linkTarget(path, stage: "read \(path)") { symlink(destination, target) }
        case mode_t(S_IFDIR):
            if mkdir(target, permissions) == 0 { copyContents(of: path, to: target) }
        default: break
        }
    }

    private static func copyFile(_ path: String, to target: String, _ permissions: mode_t) throws(SystemError) {
        let stage = "copy \(path)"
        let source = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW, stage: stage)
        let copy = try Descriptor.open(target, O_WRONLY | O_CREAT | O_EXCL, mode: permissions, stage: stage)
        while try retrying(stage, { sendfile(copy.raw, source.raw, nil, 1 << 20) }) > 0 {}
    }
}
