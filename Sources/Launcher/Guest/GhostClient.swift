import CLinux
import Contract
import Linux

/// A request that ends in the ghost: our terminal, or our pipes, go with it, and we wait for its end.
struct GhostClient {
    /// `unlock`, `attach` or `exec`.
    var verb: String
    var isDetached = false
    var command: [String] = []
    /// `unlock` with a command after which the vault stays open, for a session to come.
    var precedesSession = false
    /// The command gets the secrets' variables. Not what is ours: it takes from the vault what it needs.
    var wantsSecrets = false
    var passphrase: SecretOrigin?
    /// The attach tokens to offer, and the one that counts once the request is granted.
    var tokens = (environmentValue(PodVariable.token) ?? "").split(separator: ":").map { String($0) }
    var nextToken = environmentValue(PodVariable.nextToken)
    /// What goes along as input, output and errors.
    var standard = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
    /// The root folder of the pod that is asked; nil for the one that we are in.
    var root: String?

    /// What a terminal, or a caller, sends us, and we pass on: the command is in another session, so the kernel does not.
    private static let passedSignals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH]

    /// Asks, waits for the end, and returns the status of what ran.
    func run() throws(Failure) -> Int32 {
        do {
            return try converse()
        } catch {
            passphrase?.waitUntilComplete()
            throw error
        }
    }

    private func converse() throws(Failure) -> Int32 {
        let signals = try failing(.provider) { () throws(SystemError) in
            let set = SignalSet.of(GhostClient.passedSignals)
            try set.setAsMask()
            return try SignalDescriptor(set)
        }
        let client = if let root { try ControlClient(root: root) } else { try ControlClient() }
        let opened = ReceivedDescriptors(try passphrase.map { origin throws(Failure) in [try origin.open().release()] } ?? [])
        try client.send(message, descriptors: standard + opened.numbers)
        var isRunning = false
        while true {
            // The answer first: that a command runs was said before it could give anybody a reason to send it a signal.
            if client.wait(orSignal: signals) {
                let answer = try client.answer()
                if answer.isWord("exit") { return finish(answer) }
                isRunning = true
            }
            while let record = signals.next() {
                let number = Int32(record.ssi_signo)
                if isRunning {
                    client.pass(number)
                } else if number != SIGWINCH {
                    // Nothing runs yet. With us gone, the keeper gives the request up.
                    return 128 + number
                }
            }
        }
    }

    private func finish(_ answer: Message) -> Int32 {
        if answer.text("vault") == "locked" && isatty(STDERR_FILENO) == 1 { Console.complain("the vault is locked") }
        return answer.number("status") ?? 0
    }

    private var message: Message {
        var message = Message(verb)
        if isDetached { message.add("detach", "1") }
        if precedesSession { message.add("session", "after") }
        if wantsSecrets { message.add("secrets", "1") }
        if let passphrase { message.add("passphrase", passphrase.form) }
        for token in tokens { message.add("token", token) }
        if let nextToken { message.add("next-token", nextToken) }
        for (name, value) in TerminalVariables.current { message.add("env", "\(name)=\(value)") }
        for word in command { message.add("arg", word) }
        return message
    }
}
