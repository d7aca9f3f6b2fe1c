import CLinux
import Contract
import Linux

extension Keeper {
    /// Locks, whatever the state, and tells every client: those that asked for it that it is done, those whose command ended
    /// its status, the others why. Who asked for it hears also when the disk did not take all that was written.
    ///
    /// - Parameters:
    ///   - failure: What made it necessary; nil when it was asked for, or the last process of the ghost ended.
    ///   - discarding: What was not saved is lost.
    func lock(because failure: Failure?, discarding: Bool = false) {
        var complaint: Failure?
        endMaintenance()
        switch state {
        case .locked: break
        case .pending(let vault, let client):
            vault.close()
            client.restoreTerminal()
        case .open(let vault):
            announce("closing")
            collectStatuses(vault)
            complaint = vault.close(discarding: discarding)
            if let complaint { TazpodGhost.complain(complaint.sentence) }
        }
        state = .locked
        isDone = true
        token = nil
        let reason = failure ?? complaint ?? Failure(.refused, "the vault was locked meanwhile")
        for client in clients.values {
            if let prover = client.prover {
                ChildProcess(pid: prover).end()
                client.restoreTerminal()
            }
            if client.request.verb == .lock {
                client.reply(complaint.map { .error($0) } ?? .ok(Message("ok").adding("vault", "locked")))
            } else if failure == nil, client.endedStatus != nil || client.isRunning {
                if let complaint { client.notice(complaint.sentence) }
                client.reply(client.answer(vaultIsOpen: false))
            } else {
                client.reply(.error(reason))
            }
        }
        clients = [:]
    }

    /// Nothing was typed in the enclave for as long as the project allows. What somebody types into from outside, and what somebody
    /// waits for without a terminal, is in use all the same.
    func lockIfIdle() {
        guard let limit = configuration.lockAfter, clients.values.allSatisfy({ $0.isIdle(for: limit) }) else { return }
        lockOnceSaved(because: Failure(.timeout, "nothing was typed in the ghost for \(limit) seconds, so the vault was locked"))
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
