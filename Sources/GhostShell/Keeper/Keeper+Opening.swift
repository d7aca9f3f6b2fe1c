import CLinux
import Contract
import Linux

extension Keeper {
    /// Starts to open the vault for `client`: its server asks for the passphrase, and the enclave is built beside it.
    func beginOpening(for client: Client) throws(Failure) {
        let source = try client.requirePassphraseSource()
        try checkGuess(client)
        let vault = try OpenVault(configuration)
        do throws(Failure) {
            try vault.startServer(source, configuration, tries: Int(client.request.tries))
            try vault.beginEnclave(configuration)
        } catch {
            vault.close()
            throw error
        }
        state = .pending(vault, client: client)
    }

    /// The server has spoken, or ended: the vault is unlocked, or it is not.
    func readServer() {
        guard case .pending(let vault, let client) = state else { return }
        do throws(Failure) {
            let received = try? vault.server?.channel.receive(capacity: Message.maximumLength)
            guard case .message(var message)? = received else {
                throw Failure(.vault, "the vault's server ended unexpectedly; the vault is locked")
            }
            if case .error(let failure)? = Reply(parsing: message.bytes) { throw failure }
            if Message(parsing: message.bytes)?.isWord(VaultServer.wrongWord) == true {
                tellGuess(client, isRight: false)
                return
            }
            guard let unlocked = Message(parsing: message.bytes), unlocked.isWord(VaultServer.unlockedWord) else {
                throw Failure(.vault, "the vault's server speaks another version's words; rebuild the pod's image")
            }
            try vault.completeEnclave(configuration, &message.descriptors)
            tellGuess(client, isRight: true)
            state = .open(vault)
            announceOpen(vault)
            if unlocked.text(VaultServer.mendedField) != nil {
                client.notice(VaultServer.mendedSentence)
            }
            if let warning = SwapSpace.warning() { client.notice(warning) }
            if let warning = vault.roomWarning { client.notice(warning) }
            try grant(client, isFirst: true)
        } catch {
            lock(because: error)
        }
    }

    /// The client that is being asked for the passphrase has gone.
    func abandonOpening() {
        guard case .pending(_, let client) = state else { return }
        client.restoreTerminal()
        lock(because: Failure(.proof, "the passphrase was not given; the vault is locked"))
    }
}
