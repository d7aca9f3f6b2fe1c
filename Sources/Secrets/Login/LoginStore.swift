import CLinux
import Contract
import Linux

/// What proves who we are to a server, kept in the vault and nowhere else. By the server's address: a project that names another
/// server does not get what belongs to the first.
struct LoginStore {
    private let vault: VaultFolder
    private let folder: String

    private static let longest = 64 * 1024

    /// - Parameters:
    ///   - source: The source's name.
    ///   - server: Its address, as requests go to it.
    init(_ vault: VaultFolder, source: String, server: String) {
        self.vault = vault
        folder = "\(VaultFolder.own)/login/\(source)/\(Defence.serverBinding.isOn ? LoginStore.fileName(server) : "any")"
    }

    /// - Returns: nil where it was never kept.
    func read(_ name: String) throws(Failure) -> SecretBuffer? {
        do throws(SystemError) {
            return try vault.read("\(folder)/\(name)", limit: LoginStore.longest)
        } catch {
            if error.errno == ENOENT { return nil }
            throw Failure(.vault, error)
        }
    }

    /// Replaces what is there, in one step.
    func write(_ name: String, _ value: borrowing SecretBuffer) throws(Failure) {
        try failing(.vault, next: "what was there is as it was") { () throws(SystemError) in
            try vault.makeFolder(folder)
            let temporary = "\(folder)/\(name).\(getpid())"
            try vault.remove(temporary)
            try vault.write(value, to: temporary)
            try vault.rename(temporary, to: "\(folder)/\(name)")
            try vault.synchronize()
        }
    }

    func remove(_ name: String) throws(Failure) {
        try failing(.vault) { () throws(SystemError) in
            do throws(SystemError) {
                try vault.remove("\(folder)/\(name)")
            } catch {
                if error.errno != ENOENT { throw error }
            }
        }
    }

    /// An address as a file's name, another for each.
    static func fileName(_ server: String) -> String {
        server.utf8.map { byte in
            let character = Character(UnicodeScalar(byte))
            let isPlain = character.isASCII && (character.isLetter || character.isNumber || character == "." || character == "-")
            return isPlain ? String(character) : "_" + String(byte, radix: 16)
        }.joined()
    }
}
