import CLinux
import Contract
import Linux

/// The verbs that change key slots: what is asked for, in which order, and what is said about it.
struct KeyChange {
    let worker: MaintenanceWorker

    /// Tries on a terminal before the request fails; a descriptor has one.
    private static let attempts = 3

    func apply(to image: borrowing Descriptor) throws(Failure) -> Message {
        let header = try VaultHeader.read(from: image)
        let available = AvailableMemory.kibibytes()
        guard header.derivationMemoryKiB() < available else {
            throw Failure(
                .refused,
                """
                trying a passphrase takes \(header.derivationMemoryKiB() / 1024) MiB of memory and this pod has \
                \(available / 1024) MiB left; give it more (resources: memory: in config.yaml)
                """)
        }
        if worker.request.action == .removeKey { return try remove(header) }
        guard
            let cost = DerivationCost.forNewVault(
                availableKiB: available, processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        else {
            throw Failure(.refused, "this pod has too little memory to derive a key safely; give it at least 64 MiB")
        }
        let proof = try askForProof(header)
        switch worker.request.action {
        case .passwd:
            guard !header.isRecoverySlot(proof.slot) else {
                throw Failure(
                    .refused,
                    "that is the recovery key, which stays as it was printed; add a passphrase with tazpod vault add-key")
            }
            try header.change(proof, to: try askForNew(), cost: cost)
            return Message("ok").adding("slot", String(proof.slot))
        case .recovery:
            let key = try RecoveryKey.make()
            let slot = try header.addRecoveryKey(key, provenBy: proof, cost: cost)
            try RecoverySheet(key: key, showsPicture: worker.request.showsPicture).print(on: worker.client.output)
            return Message("ok").adding("slot", String(slot))
        default:
            return Message("ok").adding("slot", String(try header.add(try askForNew(), provenBy: proof, cost: cost)))
        }
    }

    private func remove(_ header: borrowing VaultHeader) throws(Failure) -> Message {
        let proof = try askForProof(header)
        var slot: Int32
        if let named = worker.request.slot {
            slot = named
        } else {
            let source = try secondSource()
            slot = try header.prove(try source.read(prompt: "Passphrase to remove: ")).slot
        }
        try header.remove(slot, provenBy: proof)
        return Message("ok").adding("slot", String(slot))
    }

    private func askForProof(_ header: borrowing VaultHeader) throws(Failure) -> Proof {
        let source = try worker.requirePassphrase()
        guard case .terminal(let terminal) = source else { return try header.prove(try source.read(prompt: "")) }
        var attempt = 1
        while true {
            do {
                return try header.prove(try source.read(prompt: "Passphrase for the vault of \(worker.project): "))
            } catch {
                if error.code != .proof || attempt == KeyChange.attempts { throw error }
            }
            attempt += 1
            KeyChange.say("That passphrase is wrong.\n", on: terminal)
        }
    }

    private func askForNew() throws(Failure) -> SecretBuffer {
        let source = try secondSource()
        guard case .terminal = source else { return try source.read(prompt: "") }
        let first = try source.read(prompt: "New passphrase: ")
        let second = try source.read(prompt: "The same again: ")
        guard first.equals(second) else { throw Failure(.proof, "the two passphrases differ; nothing was changed, try again") }
        return first
    }

    private func secondSource() throws(Failure) -> PassphraseSource {
        if let second = worker.client.secondPassphrase { return second }
        return try worker.requirePassphrase()
    }

    private static func say(_ text: String, on descriptor: Int32) {
        let bytes = [UInt8](text.utf8)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
