import CLinux
import Contract
import Linux

/// A request that ends in the ghost: our terminal, or our pipes, go with it.
struct GhostClient {
    /// `unlock`, `attach` or `exec`.
    var verb: String
    var isDetached = false
    var command: [String] = []
    var passphraseDescriptor: Int32?

    /// Asks, waits for the end, and returns the status of what ran.
    func run() throws(Failure) -> Int32 {
        let client = try ControlClient()
        try client.send(
            message, descriptors: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] + [passphraseDescriptor].compactMap { $0 })
        // Until something runs, Ctrl-C ends us and with that the request; the keeper sees us go.
        var answer = try client.answer()
        if !answer.isWord("exit") { answer = try client.waitForExit() }
        if answer.text("vault") == "locked" && isatty(STDERR_FILENO) == 1 { Console.complain("the vault is locked") }
        return answer.number("status") ?? 0
    }

    private var message: Message {
        var message = Message(verb)
        if isDetached { message.add("detach", "1") }
        if passphraseDescriptor != nil { message.add("passphrase", "descriptor") }
        for token in (environmentValue(PodVariable.token) ?? "").split(separator: ":") { message.add("token", String(token)) }
        if let next = environmentValue(PodVariable.nextToken) { message.add("next-token", next) }
        for (name, value) in TerminalVariables.current { message.add("env", "\(name)=\(value)") }
        for word in command { message.add("arg", word) }
        return message
    }
}
