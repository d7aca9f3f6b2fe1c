import CLinux
import Contract
import FoundationEssentials
import Linux

/// The attach tokens that this host holds for a pod: its proof to the ghost that it is the one which unlocked.
///
/// A file of two lines: the token of the last attempt to unlock, and the one before it. We become the engine's process before we
/// could learn whether an attempt succeeded, so both are offered.
struct TokenStore {
    private let path: String
    private let stem: String

    /// - Throws: code 7 when the folder is not ours alone.
    init(podName: String) throws(Failure) {
        try self.init(podName: podName, folder: TokenStore.folder(runtime: environmentValue("XDG_RUNTIME_DIR")))
    }

    init(podName: String, folder: String) throws(Failure) {
        try TokenStore.makePrivate(folder)
        stem = "\(folder)/\(podName)"
        path = stem + ".token"
    }

    /// Another file of this pod's, that only this user can open.
    func sibling(_ kind: String) -> String { "\(stem).\(kind)" }

    /// The tokens to offer, newest first.
    var tokens: [String] {
        let bytes = (try? readFile(path, stage: "read the attach token")) ?? []
        return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Makes the token of an unlock that is about to be tried, and keeps it.
    func makeNext() throws(Failure) -> String {
        let token = try TokenStore.makeToken()
        let lines = [token] + tokens.prefix(1)
        let temporary = "\(path).new"
        try failing(.refused) { () throws(SystemError) in
            try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600, stage: "write \(temporary)")
                .write(lines.joined(separator: "\n") + "\n", stage: "write \(temporary)")
            try retrying("write \(path)") { rename(temporary, path) }
        }
        return token
    }

    /// 32 random bytes, in digits.
    static func makeToken() throws(Failure) -> String {
        var random = [UInt8](repeating: 0, count: 32)
        guard getrandom(&random, random.count, 0) == random.count else {
            throw Failure(.refused, SystemError.last("get random bytes for a token"))
        }
        return random.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    func forget() {
        unlink(path)
    }

    /// Where tokens are kept.
    ///
    /// - Parameter runtime: The user's own runtime folder, which counts if it is absolute.
    static func folder(runtime: String?) -> String {
        if let runtime, runtime.hasPrefix("/") { return "\(runtime)/tazpod" }
        return "\(geteuid() == 0 ? "/run" : "/tmp")/tazpod-host-\(geteuid())"
    }

    private static func makePrivate(_ folder: String) throws(Failure) {
        if mkdir(folder, 0o700) != 0, clinux_errno() != EEXIST { throw Failure(.refused, SystemError.last("make \(folder)")) }
        var status = stat()
        guard lstat(folder, &status) == 0, status.st_uid == geteuid(), status.st_mode & 0o077 == 0,
            status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR)
        else {
            throw Failure(.refused, "\(folder) is not a folder of yours alone, so no token is kept in it; remove it")
        }
    }
}
