import CLinux
import Contract
import Linux

extension Keeper {
    func announceOpen(_ vault: OpenVault) {
        announce(
            "open",
            [("driver", vault.driver.name.rawValue)] + (configuration.lockAfter.map { [("lock-after", String($0))] } ?? [])
                + (vault.saves?.fields ?? []))
    }

    /// Locks. A vault in memory is saved before, while its enclave still runs; if that fails, it stays open.
    ///
    /// - Parameter failure: What makes it necessary, as for `lock`.
    func lockOnceSaved(because failure: Failure?) {
        guard case .open(let vault) = state, vault.saves != nil, Defence.saveFirst.isOn else { return lock(because: failure) }
        isLockAwaitingSave = true
        lockReason = failure
        vault.tellServer(RamServer.Word.save)
    }

    /// `tazpod vault save`.
    func save(_ vault: OpenVault, for client: Client) {
        guard vault.saves != nil else {
            return remove(client, .ok(Message("ok").adding("save", "needless").adding("driver", vault.driver.name.rawValue)))
        }
        vault.tellServer(RamServer.Word.save)
    }

    /// The server of a vault in memory says that something changed, or how a save went.
    func readSaves() {
        guard case .open(let vault) = state else { return }
        let received = try? vault.server?.channel.receive(capacity: Message.maximumLength)
        guard case .message(var received)? = received else { return reap() }
        guard let message = Message(parsing: received.bytes) else { return }
        if let replacement = received.descriptors.take(0) { vault.continueWith(replacement) }
        let before = vault.saves
        vault.saves?.update(message, now: Int(time(nil)))
        if vault.saves != before { announceOpen(vault) }
        if message.isWord(RamServer.Word.changed) { return }
        saveEnded(SaveRecord.failure(message), message.isWord(RamServer.Word.saved) ? "saved" : "unchanged")
    }

    private func saveEnded(_ problem: Failure?, _ result: String) {
        if let problem { TazpodGhost.complain("the vault could not be saved: \(problem.sentence)") }
        for client in clients.values where client.request.verb == .save {
            if let problem {
                remove(client, .error(Failure(.vault, "\(problem.sentence); the old image was kept, and the vault stays open")))
            } else {
                remove(client, .ok(Message("ok").adding("save", result)))
            }
        }
        guard isLockAwaitingSave || isEnclaveEmpty else { return }
        isLockAwaitingSave = false
        guard let problem else {
            isLockedOnceSaved = true
            return lock(because: lockReason)
        }
        lockReason = nil
        let refusal = Failure(
            .vault,
            """
            the vault could not be saved, so it stays open: \(problem.sentence); make room and lock again, or lose what is not \
            saved with tazpod lock --discard
            """)
        for client in clients.values {
            if client.request.verb == .lock || (client.request.locksAfter && client.endedStatus != nil) {
                remove(client, .error(refusal))
            } else if client.endedStatus != nil {
                client.notice(refusal.sentence)
            }
        }
        answerEndedClients()
    }
}
