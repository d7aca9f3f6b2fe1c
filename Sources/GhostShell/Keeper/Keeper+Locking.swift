import CLinux
import Contract
import Linux

extension Keeper {
    /// Locks, whatever the state, and tells every client: those that asked for it that it is done, those whose command ended
    /// its status, the others why.
    ///
    /// - Parameters:
    ///   - failure: What made it necessary; nil when it was asked for, or the last process of the ghost ended.
    ///   - discarding: What was not saved is lost.
    func lock(because failure: Failure?, discarding: Bool = false) {
        var loss: Failure?
        switch state {
        case .locked: break
        case .pending(let vault, let client):
            _ = vault.close()
            client.restoreTerminal()
        case .open(let vault):
            announce("closing")
            collectStatuses(vault)
            if let problem = vault.close(discarding: discarding) { loss = Keeper.loss(because: problem) }
        }
        state = .locked
        token = nil
        if let loss { complain(loss) }
        let reason = failure ?? Failure(.refused, "the vault was locked meanwhile")
        for client in clients.values {
            if let prover = client.prover {
                ChildProcess(pid: prover).end()
                client.restoreTerminal()
            }
            if let loss, client.request.verb.isShort || client.request.locksAfter {
                client.reply(.error(loss))
            } else if client.request.verb == .lock {
                client.reply(.ok(Message("ok").adding("vault", "locked")))
            } else if failure == nil, client.endedStatus != nil || client.isRunning {
                client.reply(client.answer(vaultIsOpen: false))
            } else {
                client.reply(.error(reason))
            }
        }
        clients = [:]
        isDone = true
    }

    /// The enclave may have ended with statuses that we have not read yet.
    private func collectStatuses(_ vault: OpenVault) {
        guard let enclave = vault.enclave else { return }
        var watched = pollfd(fd: enclave.channel.descriptor.raw, events: Int16(POLLIN), revents: 0)
        while poll(&watched, 1, 0) == 1 {
            guard case .message(let message)? = try? enclave.channel.receive(capacity: Message.maximumLength) else { return }
            guard let exited = Message(parsing: message.bytes), exited.isWord(EnclaveInit.Word.exited),
                let identifier = exited.number("id"), let status = exited.number("status")
            else { continue }
            clients[identifier]?.endedStatus = status
        }
    }
}
