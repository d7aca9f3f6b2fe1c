import CLinux
import Contract
import Linux
import SecretsPlan

/// The variables of the pulled secrets, in the order of their names.
struct PulledVariables {
    let vault: VaultFolder
    let set: PulledSet

    init(_ vault: VaultFolder) throws(Failure) {
        self.vault = vault
        set = try PulledSet.load(from: vault)
    }

    /// What a variable may be for execve(2) to pass it on: name, `=`, value and a NUL byte in 32 pages (MAX_ARG_STRLEN).
    static let longestPassed = 32 * 4096 - 1

    /// Gives each to `body`; what cannot be read is told, and left out.
    func forEach(_ body: (_ name: String, _ value: borrowing SecretBuffer) throws(Failure) -> Void) throws(Failure) {
        for secret in set.secrets.sorted(by: { ($0.item.variable ?? "") < ($1.item.variable ?? "") }) {
            guard let name = secret.item.variable, let value = read(secret.item, name) else { continue }
            if value.withBytes({ $0.contains(0) }) {
                Output.complain("\(secret.item.name) has a NUL byte, which no variable can hold; give it a file: in secrets.yml")
            } else {
                try body(name, value)
            }
        }
    }

    private func read(_ item: PullItem, _ name: String) -> SecretBuffer? {
        do throws(SystemError) {
            return try value(of: item, name)
        } catch {
            Output.complain("\(item.name) is left out: \(error.sentence); run tazpod pull")
            return nil
        }
    }

    private func value(of item: PullItem, _ name: String) throws(SystemError) -> SecretBuffer {
        guard let file = item.file else {
            return try vault.read(PulledSecret.valuePath(ofVariable: name), limit: SecretBuffer.valueLimit)
        }
        let path = [UInt8]("\(vault.path)/\(file)".utf8)
        var value = try SecretBuffer(capacity: path.count)
        value.fill { target in
            target.copyBytes(from: path)
            return path.count
        }
        return value
    }
}
