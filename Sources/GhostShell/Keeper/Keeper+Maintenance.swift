import CLinux
import Contract
import Linux

extension Keeper {
    /// Starts the process that does what a `vault` request asks for.
    func beginMaintenance(for client: Client) throws(Failure) {
        guard let request = client.request.maintenance else { return }
        if Defence.headerForRoot.isOn, request.isForRootOnly, client.request.peerUID != 0 {
            throw Failure(
                .refused,
                "tazpod vault \(request.action.rawValue) is for the host: the public area must not get at the vault's header")
        }
        try checkNoMaintenance()
        if request.action != .info { try checkGuess(client) }
        var open: OpenVault?
        switch state {
        case .locked: announce("locked")
        case .pending: throw Failure(.vault, "the vault is being opened by somebody else just now; try again in a moment")
        case .open(let vault):
            if request.needsLockedVault { throw Failure(.refused, "the vault is open; run tazpod lock first") }
            if request.changesKeys && vault.saves != nil {
                throw Failure(
                    .refused, "the vault is open in memory, and its next save replaces its header too; run tazpod lock first")
            }
            open = vault
        }
        maintenance = try Maintenance(for: client, configuration: configuration, open: open)
    }

    /// - Throws: code 6 while something is done to the vault that must not be disturbed.
    func checkNoMaintenance() throws(Failure) {
        guard let action = maintenance?.client.request.maintenance?.action else { return }
        throw Failure(.vault, "tazpod vault \(action.rawValue) is at work on the vault; try again when it is done")
    }

    /// The process has ended, if it has: the client gets its answer.
    func reapMaintenance() {
        guard let (client, reply) = takeAnswer() else { return }
        if case .error(let failure) = reply, failure.code == .proof { tellGuess(client, isRight: false) }
        clients[client.identifier] = nil
        finishIfLocked()
        client.reply(reply)
    }

    /// Afterwards the image is free again, which whoever gets the answer may count on.
    private func takeAnswer() -> (Client, Reply)? {
        guard let maintenance else { return nil }
        var status: Int32 = 0
        guard waitpid(maintenance.process.pid, &status, WNOHANG) == maintenance.process.pid else { return nil }
        self.maintenance = nil
        return (maintenance.client, maintenance.answer(exitStatus(status)))
    }

    /// Breaks the work off. Whatever it was at, the vault stays whole.
    func endMaintenance() {
        guard let maintenance else { return }
        maintenance.process.end()
        maintenance.client.restoreTerminal()
        self.maintenance = nil
    }
}
