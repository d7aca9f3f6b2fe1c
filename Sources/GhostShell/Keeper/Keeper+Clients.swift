import CLinux
import Contract
import Linux

extension Keeper {
    /// Decides what a new client gets: the vault is opened for it, proof is asked of it, or it is refused.
    func accept(_ client: Client) throws(Failure) {
        switch (client.request.verb, state) {
        case (.lock, _) where client.request.discards: lock(because: nil, discarding: true)
        case (.lock, _): lockOnceSaved(because: nil)
        case (.vault, _): try beginMaintenance(for: client)
        case (.unlock, .locked):
            try checkNoMaintenance()
            try beginOpening(for: client)
        case (_, .locked): throw Failure(.refused, "the vault is locked; run tazpod unlock first")
        case (.save, .open(let vault)): save(vault, for: client)
        case (_, .pending): throw Failure(.vault, "the vault is being opened by somebody else just now; try again in a moment")
        case (_, .open): try demandProof(client)
        }
    }

    /// The attach token, or the passphrase: being the workspace user proves nothing.
    private func demandProof(_ client: Client) throws(Failure) {
        guard Defence.proof.isOn else { return try grant(client) }
        if let token {
            for value in client.takeTokens() {
                if let offered = try AttachToken(value), token.matches(offered) {
                    try grant(client)
                    return
                }
            }
        }
        guard let source = client.passphraseSource else {
            throw Failure(.proof, "a ghost asks for proof: unlock from this host, run it on a terminal, or use --passphrase-fd N")
        }
        try checkGuess(client)
        try startProver(client, source)
    }

    /// A process of its own tries the passphrase, so that neither it nor the key gets into this one.
    private func startProver(_ client: Client, _ source: PassphraseSource) throws(Failure) {
        guard case .open(let vault) = state else { return }
        let prover = PassphraseProver(source: source, project: configuration.project)
        let child = try failing(.vault) { () throws(SystemError) in
            try ChildProcess.fork("tazpod-proof") {
                closeDescriptors(except: [STDERR_FILENO, source.descriptor, vault.image.descriptor.raw])
                return prover.run(vault.image.descriptor)
            }
        }
        client.prover = child.pid
    }

    func proofEnded(_ client: Client, _ status: Int32) {
        let code = ExitCode(rawValue: status)
        if code == .done || code == .proof { tellGuess(client, isRight: code == .done) }
        do throws(Failure) {
            switch code {
            case .done: try grant(client)
            case .proof: throw Failure(.proof, "the passphrase is wrong; the vault stays open for those who have it")
            case .refused: throw Failure(.refused, "this pod has too little memory left to check the passphrase; give it more")
            default: throw Failure(.vault, "the passphrase could not be checked; try again, or lock the vault and unlock it")
            }
        } catch {
            remove(client, .error(error))
        }
    }

    /// The client may: its command, or its terminal, goes into the enclave.
    ///
    /// - Parameter isFirst: Nothing has run there yet.
    func grant(_ client: Client, isFirst: Bool = false) throws(Failure) {
        if client.request.provesOnly || client.request.verb == .unlock, let next = try AttachToken(client.takeNextToken()) {
            if Defence.rotation.isOn || token == nil { token = next }
        }
        guard case .open(let vault) = state else { return }
        if client.request.provesOnly {
            remove(client, client.answer(vaultIsOpen: true))
            return
        }
        let environment = GhostEnvironment(configuration, client.request.terminalVariables)
        var message = Message(EnclaveInit.Word.run).adding("id", String(client.identifier))
        for argument in environment.command(client.request, isFirst: isFirst) { message.add("arg", argument) }
        for variable in environment.variables { message.add("env", variable) }
        if client.request.wantsSecrets, let program = GhostEnvironment.findSecretsProgram() { message.add("secrets", program) }
        // Before it can say anything itself: a signal that answers to that is for it then, and not for the request.
        client.reply(.ok(Message("ok").adding("state", "running")))
        try failing(.vault, next: "the command is too long, or the ghost is ending") { () throws(SystemError) in
            if client.request.isDetached {
                let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
                try vault.enclave?.channel.send(message.encoded, descriptors: [null.raw, null.raw, null.raw])
            } else {
                try vault.enclave?.channel.send(message.encoded, descriptors: client.standard)
            }
        }
        isEnclaveEmpty = false
        client.isRunning = true
    }

    /// What a waiting client still has to say, or that it has gone.
    func readClient(_ identifier: Int32) {
        guard let client = clients[identifier] else { return }
        guard case .message(let received)? = try? client.socket.receive(capacity: Message.maximumLength) else {
            clientLeft(client)
            return
        }
        guard client.isRunning, let message = Message(parsing: received.bytes) else { return }
        if message.isWord("resize") {
            signal(client, SIGWINCH)
        } else if message.isWord("signal"), let number = message.number("number"), Keeper.passedSignals.contains(number) {
            signal(client, number)
        }
    }

    /// What a terminal, or a caller, may send to the command it waits for.
    private static let passedSignals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, SIGWINCH]

    private func signal(_ client: Client, _ number: Int32) {
        guard case .open(let vault) = state else { return }
        let message = Message(EnclaveInit.Word.signal).adding("id", String(client.identifier)).adding("number", String(number))
        try? vault.enclave?.channel.send(message.encoded)
    }

    /// A session outlives its terminal; a command that somebody waited for hears of it as when a terminal closes.
    private func clientLeft(_ client: Client) {
        clients[client.identifier] = nil
        if case .pending(_, let asked) = state, asked === client {
            abandonOpening()
        } else if maintenance?.client === client {
            endMaintenance()
            finishIfLocked()
        } else if let prover = client.prover {
            ChildProcess(pid: prover).end()
            client.restoreTerminal()
        } else if client.isRunning {
            signal(client, SIGHUP)
        }
    }

    /// Something in the enclave ended, or all of it.
    func readEnclave() {
        guard case .open(let vault) = state else { return }
        let received = try? vault.enclave?.channel.receive(capacity: Message.maximumLength)
        guard case .message(let message)? = received else {
            lock(because: nil)
            return
        }
        guard let said = Message(parsing: message.bytes) else { return }
        if said.isWord(EnclaveInit.Word.idle) {
            lockIfIdle()
            return
        }
        if said.isWord(EnclaveInit.Word.empty) {
            isEnclaveEmpty = true
            lockOnceSaved(because: nil)
            return
        }
        guard said.isWord(EnclaveInit.Word.exited), let identifier = said.number("id"), let status = said.number("status"),
            let client = clients[identifier]
        else { return }
        client.endedStatus = status
        if client.request.locksAfter {
            lockOnceSaved(because: nil)
        } else if client.request.isDetached || client.request.verb == .exec || client.request.precedesSession {
            remove(client, client.answer(vaultIsOpen: true))
        } else {
            answerBy = monotonicMilliseconds() + Keeper.answerMilliseconds
        }
    }

    /// After a session's end: long enough for tmux to end after its last one, short enough not to be felt. The answer says whether
    /// the vault is locked by what just ended.
    private static let answerMilliseconds: Int64 = 300

    func answerEndedClients() {
        answerBy = nil
        // Whether the vault is locked by that shows when it is saved.
        if isLockAwaitingSave { return }
        for client in clients.values where client.endedStatus != nil { remove(client, client.answer(vaultIsOpen: true)) }
    }

    func remove(_ client: Client, _ reply: Reply) {
        client.reply(reply)
        clients[client.identifier] = nil
    }
}
