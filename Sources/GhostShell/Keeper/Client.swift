import CLinux
import Contract
import Linux

/// Somebody who waits for an answer of the keeper, with the descriptors that came along.
final class Client {
    let identifier: Int32
    let request: GhostRequest
    let socket: MessageSocket
    /// The client's standard input, output and error.
    let standard: [Int32]
    private var owned: ReceivedDescriptors
    private let passphrase: PassphraseSource?
    /// Of a `vault` request: the other passphrase that it is about, and the file that it reads or writes.
    let secondPassphrase: PassphraseSource?
    let file: Int32?
    /// The terminal's settings when the client came, to be restored if a prompt is broken off.
    private var terminalSettings: termios?

    /// A process that tries the client's passphrase.
    var prover: pid_t?
    /// Something runs for this client in the enclave.
    var isRunning = false
    /// What ran has ended with this status; the answer waits a moment, to tell whether the vault is locked by that.
    var endedStatus: Int32?
    /// Tokens that the client offers as proof, and the one that counts once an `unlock` of its was granted.
    private var tokens: [[UInt8]]
    private var nextToken: [UInt8]?

    /// - Parameter descriptors: As many as the request takes; the client's socket, the first, was taken out.
    init(
        identifier: Int32, request: GhostRequest, message: Message, socket: consuming MessageSocket,
        descriptors: consuming ReceivedDescriptors
    ) {
        self.identifier = identifier
        self.request = request
        self.socket = socket
        let numbers = descriptors.numbers
        standard = request.verb == .lock ? [] : Array(numbers[1...3])
        var further = numbers.dropFirst(4)
        passphrase = request.passphraseForm.flatMap { form in further.popFirst().map { form.source($0) } }
        secondPassphrase = request.maintenance?.secondForm.flatMap { form in further.popFirst().map { form.source($0) } }
        file = request.maintenance?.hasFile == true ? further.popFirst() : nil
        owned = descriptors
        tokens = message.all("token")
        nextToken = message.bytes("next-token")
        if let terminal, passphrase == nil {
            var settings = termios()
            if tcgetattr(terminal, &settings) == 0 { terminalSettings = settings }
        }
    }

    /// The client's terminal, if it has one.
    var terminal: Int32? {
        standard.first { isatty($0) == 1 }
    }

    /// Where the passphrase comes from that the client sent a descriptor for; nil if it sent none.
    var givenPassphrase: PassphraseSource? { passphrase }

    /// Where this client's passphrase comes from; nil if there is neither a terminal nor a descriptor for it.
    var passphraseSource: PassphraseSource? {
        if let passphrase { return passphrase }
        return terminal.map { .terminal($0) }
    }

    /// - Throws: code 5 when there is no source.
    func requirePassphraseSource() throws(Failure) -> PassphraseSource {
        if let passphraseSource { return passphraseSource }
        throw Failure(.proof, "there is no terminal to ask for the passphrase on; use --passphrase-fd N")
    }

    /// The tokens, which are forgotten here.
    func takeTokens() -> [[UInt8]] {
        defer { tokens = [] }
        return tokens
    }

    func takeNextToken() -> [UInt8]? {
        defer { nextToken = nil }
        return nextToken
    }

    /// How the client's own command ended, and whether the vault still stands open.
    func answer(vaultIsOpen: Bool) -> Reply {
        .ok(
            Message("exit").adding("status", String(endedStatus ?? 0)).adding("vault", vaultIsOpen ? "open" : "locked"))
    }

    /// Whether nothing was typed on this client's terminal for so many seconds.
    func isIdle(for seconds: Int64) -> Bool {
        guard isRunning || prover != nil else { return true }
        guard let terminal, let last = IdleTime.lastInput(terminal) else { return false }
        return IdleTime.isOver(last: last, limit: seconds)
    }

    /// Says something on the client's standard error.
    func notice(_ sentence: String) {
        guard standard.count == 3 else { return }
        let bytes = [UInt8]("tazpod: \(sentence)\n".utf8)
        _ = bytes.withUnsafeBytes { write(standard[2], $0.baseAddress, $0.count) }
    }

    func reply(_ reply: Reply) {
        try? socket.send(reply.encoded)
    }

    /// Puts the echo back after a prompt that was ended from outside.
    func restoreTerminal() {
        guard let terminal, var settings = terminalSettings else { return }
        tcsetattr(terminal, TCSANOW, &settings)
    }
}
