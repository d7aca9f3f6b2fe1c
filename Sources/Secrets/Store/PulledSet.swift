import CLinux
import Contract
import Linux
import SecretsPlan

/// What was pulled into this vault, by name: its index. Kept in the vault, beside the values of variables.
struct PulledSet: Equatable {
    var secrets: [PulledSecret] = []
    /// The programs that the user has let `tazpod pull` run in the ghost; nil before the first pull.
    var acceptedCommands: [[String]]?

    static let index = PodPaths.pulledIndex
    static let variables = "\(VaultFolder.own)/env"
    private static let longest = 4 << 20

    subscript(_ name: String) -> PulledSecret? { secrets.first { $0.item.name == name } }

    mutating func set(_ secret: PulledSecret) {
        secrets.removeAll { $0.item.name == secret.item.name }
        secrets.append(secret)
    }

    /// - Throws: code 6 when it is there and cannot be read.
    static func load(from vault: VaultFolder) throws(Failure) -> PulledSet {
        let text: SecretBuffer
        do throws(SystemError) {
            text = try vault.read(index, limit: longest)
        } catch {
            if error.errno == ENOENT { return PulledSet() }
            throw Failure(.vault, error)
        }
        guard let set = PulledSet(parsing: text.withBytes { Array($0) }) else {
            throw Failure(
                .vault, "the list of pulled secrets, ~/secrets/\(index), is damaged; remove it, and run tazpod pull")
        }
        return set
    }

    init() {}

    init?(parsing bytes: [UInt8]) {
        guard let messages = PullPlan.messages(in: bytes) else { return nil }
        for message in messages {
            if message.isWord("commands") {
                acceptedCommands = acceptedCommands ?? []
            } else if message.isWord("command") {
                acceptedCommands = (acceptedCommands ?? []) + [message.all("arg").map { String(decoding: $0, as: UTF8.self) }]
            } else {
                guard let secret = PulledSecret(message) else { return nil }
                secrets.append(secret)
            }
        }
    }

    var encoded: [UInt8] {
        var messages: [Message] = []
        if let acceptedCommands {
            messages.append(Message("commands"))
            for command in acceptedCommands {
                var message = Message("command")
                for argument in command { message.add("arg", argument) }
                messages.append(message)
            }
        }
        return PullPlan.encode(messages + secrets.map { $0.message })
    }
}
