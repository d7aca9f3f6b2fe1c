import CLinux
import Contract
import Linux

/// Our end of a running `tazpod-ghost`: one per open vault, and a pod has one vault.
final class GhostLink {
    let identifier: UInt32
    let pid: pid_t
    let channel: MessageSocket
    /// `opening` until the ghost says otherwise: `open`, `closing`.
    private(set) var stateName = "opening"
    /// Whether it ever said so.
    private(set) var wasOpen = false
    /// How many tries of a passphrase it has told of.
    private(set) var proofsHeard: Int64 = 0
    /// What the ghost says of itself, for `status`.
    private(set) var details: [Message.Field] = []

    var isOpen: Bool { sameText(stateName, "open") }
    var isClosing: Bool { sameText(stateName, "closing") }
    /// Whether all of the vault is written when it is locked.
    private(set) var savesToLock = false

    init(identifier: UInt32, pid: pid_t, channel: consuming MessageSocket) {
        self.identifier = identifier
        self.pid = pid
        self.channel = channel
    }

    /// Takes note that it told of one more.
    func noteProof() {
        proofsHeard &+= 1
    }

    /// Takes a `state` message of the ghost.
    func update(_ message: Message) {
        guard message.isWord("state"), let value = message.text("value") else { return }
        stateName = value
        if isOpen { wasOpen = true }
        if let driver = message.text("driver") { savesToLock = sameText(driver, "ram") }
        details = message.fields.filter { !$0.key.elementsEqual("value".utf8) }
    }
}
