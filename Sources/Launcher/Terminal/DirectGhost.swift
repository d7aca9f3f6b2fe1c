import CLinux
import Contract
import Linux

/// The verbs that lead into a ghost, where the host reaches into the pod by itself: it asks `tazpod-init` with no command in the
/// pod to carry the request. A request takes a passphrase beside its input and output, so there is one step and not two.
///
/// It runs in the main thread, before there is any other: it forks, and blocks signals.
struct DirectGhost {
    let host: HostGhost
    /// The pod's root folder.
    let root: String

    /// - Returns: the status of what ran.
    func unlock(detach: Bool, _ command: [String]) throws -> Int32 {
        let store = try TokenStore(podName: host.pod.record.name)
        // Without a terminal there is nobody to attach.
        let detach = detach || (command.isEmpty && !Console.isInteractive)
        let client = GhostClient(
            verb: "unlock", isDetached: detach, command: command, wantsSecrets: !command.isEmpty, root: root)
        guard host.needsTwoSteps else { return try run(client, offering: store.tokens, next: store.makeNext()) }
        return try runWithPassphrase(client, next: store.makeNext())
    }

    func attach() throws -> Int32 {
        try enter(GhostClient(verb: "attach", root: root))
    }

    func exec(_ command: [String], withSecrets: Bool = false) throws -> Int32 {
        try enter(GhostClient(verb: "exec", command: command, wantsSecrets: withSecrets, root: root))
    }

    /// Runs a command in the ghost of a vault that is opened for it if it is locked, and stays open.
    func errand(_ command: [String]) throws -> Int32 {
        let store = try TokenStore(podName: host.pod.record.name)
        let client = GhostClient(verb: "unlock", command: command, precedesSession: true, root: root)
        let isOpen = try PodStatus.vaultState(ControlClient(root: root)) == "open"
        if isOpen && host.passphrase == nil && !store.tokens.isEmpty {
            // A token that counts goes on counting: another pull at the same time may be offering it.
            return try run(client, offering: store.tokens, next: nil)
        }
        if host.needsTwoSteps && (host.passphrase != nil || host.hasTerminal) {
            return try runWithPassphrase(client, next: store.makeNext())
        }
        return try run(client, offering: store.tokens, next: store.makeNext())
    }

    /// Runs a command in the ghost of an open vault, with `input` as its standard input, in place of ours.
    func errand(_ command: [String], input: borrowing Descriptor) throws -> Int32 {
        var client = GhostClient(verb: "exec", command: command, root: root)
        client.standard[0] = input.raw
        client.tokens = try TokenStore(podName: host.pod.record.name).tokens
        return try client.run()
    }

    private func enter(_ client: GhostClient) throws -> Int32 {
        let store = try TokenStore(podName: host.pod.record.name)
        // With nobody to ask for a passphrase, the keeper says what is missing.
        if host.passphrase != nil || (store.tokens.isEmpty && host.needsTwoSteps && host.hasTerminal) {
            let proof = GhostClient(verb: "attach", isDetached: true, root: root)
            try PassedStatus.pass(runWithPassphrase(proof, next: store.makeNext()))
        }
        return try run(client, offering: store.tokens, next: nil)
    }

    private func runWithPassphrase(_ client: GhostClient, next: String) throws(Failure) -> Int32 {
        var client = client
        if host.isFile {
            client.passphrase = host.passphrase
            return try run(client, offering: [], next: next)
        }
        let input = try host.passphraseInput()
        client.passphrase = .line(input.raw)
        return try run(client, offering: [], next: next)
    }

    private func run(_ client: GhostClient, offering tokens: [String], next: String?) throws(Failure) -> Int32 {
        var client = client
        client.tokens = tokens
        client.nextToken = next
        let asksNothing = client.isDetached && client.passphrase != nil
        if asksNothing {
            // Nobody in the pod gets more of ours than the place for warnings.
            let null = try failing(.provider) { () throws(SystemError) in
                try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
            }
            client.standard = [null.raw, null.raw, STDERR_FILENO]
            return try client.run()
        }
        guard Console.isInteractive else { return try client.run() }
        let relay = try TerminalRelay.start(multiplexer: root + "/dev/pts/ptmx", keeping: client.kept) {
            do throws(Failure) {
                return try client.run()
            } catch {
                Console.complain(error.sentence)
                return error.code.rawValue
            }
        }
        return relay.run()
    }
}

extension GhostClient {
    /// The descriptor that the passphrase comes from.
    fileprivate var kept: [Int32] {
        if case .line(let number) = passphrase { [number] } else { [] }
    }
}
