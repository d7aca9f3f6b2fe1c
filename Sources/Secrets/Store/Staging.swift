import CLinux
import Contract
import Linux

/// Files on their way into the vault: written beside their places first, and put there all at once. Until then, and if anything
/// ends before, what was there stays as it was.
final class Staging {
    /// A file that is written and not yet in its place.
    private struct Staged {
        let temporary: String
        let path: String
    }

    private static let folder = "\(VaultFolder.own)/new"
    private static let lockFile = "\(VaultFolder.own)/lock"

    private let vault: VaultFolder
    private let lock: Descriptor
    private var staged: [Staged] = []
    private var count = 0

    /// Waits for another pull of this vault, and removes what one that was killed left.
    init(_ vault: VaultFolder) throws(Failure) {
        self.vault = vault
        lock = try Staging.storing { () throws(SystemError) in
            try vault.makeFolder(Staging.folder)
            try vault.makeFolder(PulledSet.variables)
            let lock = try vault.open(Staging.lockFile, O_RDWR | O_CREAT, mode: 0o600)
            try retrying("wait for another tazpod pull") { flock(lock.raw, LOCK_EX) }
            for name in vault.names(in: Staging.folder) { try vault.remove("\(Staging.folder)/\(name)") }
            return lock
        }
    }

    /// Writes `value`, for `path`. The value that is there counts until `commit`.
    ///
    /// - Returns: false when it is there already.
    func add(_ value: borrowing SecretBuffer, to path: String) throws(Failure) -> Bool {
        if vault.holds(value, at: path) { return false }
        if vault.isFolder(path) {
            throw Failure(.vault, "~/secrets/\(path) is a folder; remove it, or give the secret another file")
        }
        if !Defence.staging.isOn { return try replace(path, value) }
        count += 1
        let temporary = "\(Staging.folder)/\(count)"
        do throws(SystemError) {
            try makeFolder(for: path)
            try vault.write(value, to: temporary)
        } catch {
            try? vault.remove(temporary)
            throw Staging.failure(error)
        }
        staged.append(Staged(temporary: temporary, path: path))
        return true
    }

    /// What is in the way of one secret must not keep the others from their places.
    private func makeFolder(for path: String) throws(SystemError) {
        guard let end = path.lastIndex(of: "/") else { return }
        try vault.makeFolder(String(path[..<end]))
        _ = try vault.open(String(path[..<end]), O_PATH | O_DIRECTORY)
    }

    private func replace(_ path: String, _ value: borrowing SecretBuffer) throws(Failure) -> Bool {
        do throws(SystemError) {
            try makeFolder(for: path)
            try vault.remove(path)
            try vault.write(value, to: path)
            return true
        } catch {
            throw Staging.failure(error)
        }
    }

    /// Puts all of it in its place, on the disk.
    func commit() throws(Failure) {
        if staged.isEmpty { return }
        let files = staged
        staged = []
        try Staging.storing { () throws(SystemError) in
            try vault.synchronize()
            for file in files { try vault.rename(file.temporary, to: file.path) }
            try vault.synchronize()
        }
    }

    private static func storing<Result: ~Copyable>(_ body: () throws(SystemError) -> Result) throws(Failure) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw failure(error)
        }
    }

    private static func failure(_ error: SystemError) -> Failure {
        switch error.errno {
        case ENOSPC, EDQUOT:
            Failure(.vault, error, next: "what was there is as it was; make it larger: tazpod vault resize")
        case ELOOP, EXDEV:
            Failure(.refused, error, next: "a link leads there, and a secret is written through none; remove it")
        default:
            Failure(.vault, error, next: "what was there is as it was")
        }
    }
}
