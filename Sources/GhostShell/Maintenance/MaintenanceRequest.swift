import Contract

/// Work on a vault that a client asks for, with its options: the part of a `vault` request that is its own.
struct MaintenanceRequest: Equatable {
    enum Action: String {
        case info, check, passwd, recovery, backup, restore, resize
        case addKey = "add-key"
        case removeKey = "remove-key"
    }

    var action: Action
    /// How the descriptor holds the second passphrase: the new one, or the one to be removed.
    var secondForm: PassphraseForm?
    /// The client sent the file that a header goes to, or comes from.
    var hasFile = false
    /// The key slot that `remove-key` is about.
    var slot: Int32?
    /// The image's new size, in bytes.
    var size: UInt64?
    /// What `recovery` writes to is a terminal, so that somebody reads it, and a picture is of use.
    var showsPicture = false
    /// `check` looks into the vault too, for which it asks for the passphrase.
    var isFull = false

    private static let mostSlots: Int32 = 32

    /// - Throws: code 2 when it is none, or lacks what it needs.
    init(_ message: Message) throws(Failure) {
        guard let action = message.text("action").flatMap({ Action(rawValue: $0) }) else {
            throw Failure(.usage, "tazpod vault has no such verb")
        }
        self.action = action
        secondForm = try PassphraseForm(message.text("second-passphrase"))
        hasFile = message.text("file") == "descriptor"
        showsPicture = message.text("picture") == "1"
        isFull = message.text("full") == "1"
        if message.text("slot") != nil {
            guard let slot = message.number("slot"), slot >= 0, slot < MaintenanceRequest.mostSlots else {
                throw Failure(.usage, "a key slot has a number from 0 to 31; tazpod vault info lists them")
            }
            self.slot = slot
        }
        size = message.text("size").flatMap { UInt64($0) }
        try checkNeeds()
    }

    private func checkNeeds() throws(Failure) {
        if hasFile != (action == .backup || action == .restore) {
            throw Failure(.usage, "a file goes with backup and restore, and with nothing else")
        }
        if (size == nil) == (action == .resize) { throw Failure(.usage, "resize, and it alone, takes a size") }
        if slot != nil && (action != .removeKey || secondForm != nil) {
            throw Failure(.usage, "remove-key takes a slot or the passphrase to remove, not both, and no other verb a slot")
        }
        if secondForm != nil && ![.passwd, .addKey, .removeKey].contains(action) {
            throw Failure(.usage, "only passwd, add-key and remove-key take a second passphrase")
        }
    }

    /// Descriptors that come after the first passphrase's.
    var descriptorCount: Int { (secondForm == nil ? 0 : 1) + (hasFile ? 1 : 0) }

    /// A header is all that it takes to try passphrases at leisure, and an old one brings back a key that was removed: both
    /// are for those who have the image anyway, which the public area has not.
    var isForRootOnly: Bool { action == .backup || action == .restore }

    /// The vault must be locked: its image is replaced, or its header.
    var needsLockedVault: Bool { action == .restore || action == .resize }

    /// Key slots change. A vault in memory must be locked for that too: its next save replaces image and header.
    var changesKeys: Bool { [.passwd, .addKey, .removeKey, .recovery].contains(action) }
}
