import CLinux
import Contract
import Linux
import Logging

/// The verbs that lead into a ghost, from the host: they become the engine's process, with this host's tokens as proof.
struct HostGhost {
    let pod: FoundPod
    let log: Logger
    let passphrase: SecretOrigin?

    /// Opens the vault and goes on as `unlock` says. Ends this process, or returns when there is nothing to become.
    func unlock(detach: Bool, _ command: [String]) async throws {
        let store = try TokenStore(podName: pod.record.name)
        let words = command.isEmpty ? [] : ["--"] + command
        guard needsTwoSteps else {
            try pod.guest(
                ["unlock"] + (detach ? ["--detach"] : []) + words, interactive: true,
                environment: try environment(store, next: true)
            ).become(log: log)
        }
        let status = try giveProof(["unlock", "--detach"], store)
        try PassedStatus.pass(status)
        // Without a terminal there is nobody to attach.
        if detach || (command.isEmpty && !Console.isInteractive) { return }
        try pod.guest(["unlock"] + words, interactive: Console.isInteractive, environment: try environment(store, next: false))
            .become(log: log)
    }

    func attach() async throws -> Never {
        try becomeAfterProof(["attach", SessionList.ghostName])
    }

    func exec(_ command: [String], withSecrets: Bool = false) async throws -> Never {
        try becomeAfterProof(HostGhost.words(command, withSecrets: withSecrets))
    }

    /// How the pod's own tazpod is asked to run a command in the ghost.
    private static func words(_ command: [String], withSecrets: Bool) -> [String] {
        ["exec", "--ghost"] + (withSecrets ? [] : ["--without-secrets"]) + ["--"] + command
    }

    /// Opens the vault with the passphrase that was given.
    func open() throws -> Int32 {
        try giveProof(["unlock", "--detach"], TokenStore(podName: pod.record.name))
    }

    /// Runs a verb of ours that opens the vault if it is locked, and does its work in the ghost, to its end.
    func errand(_ words: [String]) throws -> Int32 {
        let store = try TokenStore(podName: pod.record.name)
        if passphrase == nil && !store.tokens.isEmpty {
            // A token that counts goes on counting: another pull at the same time may be offering it.
            let status = try run(words + [GhostErrand.onlyOpen], try environment(store, next: false))
            if status != GhostErrand.lockedStatus { return status }
        }
        if needsTwoSteps && (passphrase != nil || hasTerminal) { return try giveProof(words, store) }
        return try run(words, try environment(store, next: true))
    }

    private func run(_ words: [String], _ variables: [String: String]) throws -> Int32 {
        let input = try failing(.provider) { () throws(SystemError) in
            Descriptor(owning: try retrying("keep the input") { clinux_fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) })
        }
        return try pod.guest(words, interactive: Console.isInteractive, environment: variables)
            .runAttached(standardInput: input, log: log)
    }

    /// Runs a verb of ours in the ghost of an open vault, with `input` as its standard input.
    func errand(_ words: [String], input: borrowing Descriptor) throws -> Int32 {
        let store = try TokenStore(podName: pod.record.name)
        let words = HostGhost.words(["\(pod.provider.programFolder)/tazpod"] + words, withSecrets: false)
        let variables = try environment(store, next: false)
        return try pod.guest(words, interactive: false, environment: variables).runAttached(standardInput: input, log: log)
    }

    private func becomeAfterProof(_ words: [String]) throws -> Never {
        let store = try TokenStore(podName: pod.record.name)
        // With nobody to ask for a passphrase, the pod itself says what is missing: it knows whether its vault is open.
        if passphrase != nil || (store.tokens.isEmpty && needsTwoSteps && hasTerminal) {
            let status = try giveProof(["attach", SessionList.ghostName, "--proof-only"], store)
            try PassedStatus.pass(status)
        }
        try pod.guest(words, interactive: Console.isInteractive, environment: try environment(store, next: false)).become(
            log: log)
    }

    /// An engine's exec carries one standard input. It is the command's, so a passphrase that does not come from the terminal
    /// is given beforehand, in a run of its own, for a token that counts from then on.
    var needsTwoSteps: Bool {
        passphrase != nil || !Console.isInteractive
    }

    var hasTerminal: Bool {
        (try? Descriptor.open("/dev/tty", O_RDWR, stage: "open the terminal")) != nil
    }

    private func giveProof(_ words: [String], _ store: TokenStore) throws -> Int32 {
        let input = try passphraseInput()
        let words = words + (isFile ? ["--key-file", "-"] : ["--passphrase-fd", "0"])
        let command = try pod.guest(words, interactive: false, environment: try environment(store, next: true, tokens: false))
        return try command.runAttached(standardInput: input, log: log)
    }

    /// The passphrase is all of a key file.
    var isFile: Bool {
        if case .file = passphrase { true } else { false }
    }

    /// The passphrase as another program's standard input: from the descriptor or file, or asked for on the controlling terminal.
    func passphraseInput() throws(Failure) -> Descriptor {
        if case .line(let number) = passphrase { return try PassphraseRelay.pipe(from: number) }
        if let passphrase { return try passphrase.open() }
        guard let terminal = try? Descriptor.open("/dev/tty", O_RDWR, stage: "open the terminal") else {
            throw Failure(.proof, "there is no terminal to ask for the passphrase on; use --passphrase-fd N")
        }
        return try PassphraseRelay.pipe(asking: terminal, "Passphrase for the vault of \(pod.record.project): ")
    }

    /// - Parameters:
    ///   - next: A token is made, which counts when the request is granted.
    ///   - tokens: Those we have are offered; not beside a passphrase, which is then what has to be right.
    private func environment(
        _ store: TokenStore, next: Bool, tokens: Bool = true
    ) throws(Failure) -> [String: String] {
        var environment = TerminalVariables.current
        let known = tokens ? store.tokens : []
        if next { environment[PodVariable.nextToken] = try store.makeNext() }
        if !known.isEmpty { environment[PodVariable.token] = known.joined(separator: ":") }
        return environment
    }
}
