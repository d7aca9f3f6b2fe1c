import CLinux
import Contract
import Linux
import SecretsPlan

/// The programs that secrets.yml has run in the ghost are its user's to accept: whoever works in the public area can write that
/// file. What the first pull of a vault finds there counts as accepted, as ssh takes a host's key the first time.
struct CommandConsent {
    /// Those of the former pulls; nil before the first.
    let accepted: [[String]]?
    /// The user has said so on the command line.
    let isGranted: Bool

    /// - Returns: what is accepted from now on.
    /// - Throws: code 7 when a new one is there and nobody accepts it.
    func obtain(for items: [PullItem]) throws(Failure) -> [[String]] {
        let wanted = items.filter { $0.source == .command }
        let new = wanted.filter { item in !(accepted ?? []).contains(item.command) }
        if !new.isEmpty && accepted != nil && !isGranted && Defence.commandConsent.isOn { try ask(new) }
        return (accepted ?? []) + new.map { $0.command }
    }

    private func ask(_ new: [PullItem]) throws(Failure) {
        let list = new.map { "  \($0.name): \($0.command.joined(separator: " "))\n" }.joined()
        let warning = "secrets.yml now has these programs run in the ghost, where they can read every secret:\n\(list)"
        guard let terminal = PromptTerminal.open() else {
            throw Failure(
                .refused,
                "\(warning)nobody has accepted that yet; read them, and run tazpod pull --allow-commands if they are yours")
        }
        try? terminal.write(warning + "Type yes to accept them: ", stage: "ask")
        var answer: [UInt8] = []
        var byte: UInt8 = 0
        while read(terminal.raw, &byte, 1) == 1, byte != UInt8(ascii: "\n"), answer.count < 16 { answer.append(byte) }
        guard answer.elementsEqual("yes".utf8) else { throw Failure(.refused, "they were not accepted; nothing was changed") }
    }
}
