import Contract

/// A request that `tazpod-init` passed on, read.
struct GhostRequest: Equatable {
    enum Verb: Equatable {
        case unlock, attach, exec, lock
        /// Work on the vault itself: its keys, header and size.
        case vault
        /// `vault` too, with `action=save`: the open vault's own server does it.
        case save
    }

    var verb: Verb
    /// `unlock --detach`: open the vault, start its session, and attach nobody.
    var isDetached = false
    /// `attach` with `detach`: only the proof is wanted, so that the next token counts from now on.
    var provesOnly: Bool { verb == .attach && isDetached }
    /// The command of `exec`, or of `unlock -- CMD`, after which the vault is locked.
    var command: [[UInt8]] = []
    var locksAfter = false
    /// The command gets the secrets' variables.
    var wantsSecrets = false
    /// `unlock` with a command after which the vault stays open, for a session to come.
    var precedesSession = false
    /// `lock` without saving what a vault in memory has not saved yet.
    var discards = false
    /// How the client's fourth descriptor holds the passphrase; nil when it sent none.
    var passphraseForm: PassphraseForm?
    /// What a `vault` request asks for; nil for any other.
    var maintenance: MaintenanceRequest?
    /// Who asks, as `tazpod-init` saw it.
    var peerUID: Int32 = -1
    /// Variables that describe the client's terminal, as `NAME=value`.
    var terminalVariables: [[UInt8]] = []

    /// How many passphrases that user may try until the next answer; from `tazpod-init`.
    var tries: Int32 = 1
    /// How many proofs `tazpod-init` had heard of when it said so.
    var proofsHeard: Int32 = 0
    /// Seconds that the next try has to wait.
    var pause: Int32 = 0

    /// Variables that a client may set in a ghost: none of them can name a program or a file to read.
    private static let acceptedVariables = ["TERM", "COLORTERM", "LANG", "TZ"]

    /// - Throws: code 2 when it is none, or contradicts itself.
    init(_ message: Message) throws(Failure) {
        switch String(decoding: message.word, as: UTF8.self) {
        case "unlock": verb = .unlock
        case "attach": verb = .attach
        case "exec": verb = .exec
        case "lock": verb = .lock
        case "vault": verb = message.text("action") == "save" ? .save : .vault
        default: throw Failure(.usage, "the ghost has no such request")
        }
        isDetached = message.text("detach") == "1"
        discards = message.text("discard") == "1"
        peerUID = message.number("peer-uid") ?? -1
        if discards && peerUID != 0 {
            throw Failure(
                .refused, "what was not saved can be discarded from outside the pod only; run tazpod lock --discard there")
        }
        command = message.all("arg")
        wantsSecrets = message.text("secrets") == "1"
        passphraseForm = try PassphraseForm(message.text("passphrase"))
        precedesSession = verb == .unlock && message.text("session") == "after" && !command.isEmpty
        locksAfter = message.text("lock-after") == "1" || (verb == .unlock && !command.isEmpty && !precedesSession)
        tries = message.number("peer-tries") ?? 1
        proofsHeard = message.number("peer-proofs") ?? 0
        pause = message.number("peer-pause") ?? 0
        terminalVariables = message.all("env").filter(GhostRequest.isAccepted)
        if verb == .vault { maintenance = try MaintenanceRequest(message) }
        if verb == .exec && command.isEmpty { throw Failure(.usage, "exec needs a command to run") }
        if isDetached && !command.isEmpty { throw Failure(.usage, "unlock takes --detach or a command, not both") }
    }

    private static func isAccepted(_ variable: [UInt8]) -> Bool {
        guard let equals = variable.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let name = String(decoding: variable[..<equals], as: UTF8.self)
        guard acceptedVariables.contains(name) || name.hasPrefix("LC_") else { return false }
        // A time zone and a locale may name a file by its path (tzset(3), setlocale(3)).
        let value = String(decoding: variable[(equals + 1)...], as: UTF8.self)
        return !value.hasPrefix("/") && !value.hasPrefix(":") && !value.contains("..")
    }

    /// A client must send its standard input, output and error, and the descriptor of everything else that it speaks of: the
    /// passphrase, the second passphrase, a file.
    func check(descriptorCount: Int) throws(Failure) {
        let further = (passphraseForm == nil ? 0 : 1) + (maintenance?.descriptorCount ?? 0)
        let expected = verb == .lock ? 0 : 3 + further
        guard descriptorCount == expected else {
            throw Failure(.usage, "the request came with \(descriptorCount) descriptors; it takes \(expected)")
        }
    }
}
