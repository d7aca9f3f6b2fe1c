import CLinux
import Contract
import Linux

/// The root process behind one open vault: it starts the vault's server and the enclave, answers clients, and takes everything
/// down again. It never sees a passphrase or a key.
///
/// What it does with what its loop brings is in the extensions: opening, clients, locking.
final class Keeper {
    enum State {
        case locked
        case pending(OpenVault, client: Client)
        case open(OpenVault)
    }

    let configuration: GhostConfiguration
    let commander: MessageSocket
    private let signals: SignalDescriptor
    var state = State.locked
    var clients: [Int32: Client] = [:]
    var token: AttachToken?
    /// What is being done to the vault itself for some client.
    var maintenance: Maintenance?
    /// How many tries of a passphrase `tazpod-init` was told of.
    var proofsTold: Int32 = 0
    private var lastIdentifier: Int32 = 0
    /// When clients whose command has ended are answered at the latest, in monotonic milliseconds.
    var answerBy: Int64?
    /// The vault is locked as soon as it is saved.
    var isLockAwaitingSave = false
    /// It was, and nothing in it is lost.
    var isLockedOnceSaved = false
    /// What makes that necessary; nil when it was asked for.
    var lockReason: Failure?
    /// Nothing runs in the enclave any more; only that it could not be saved keeps the vault open.
    var isEnclaveEmpty = false
    /// Set when there is nothing left to keep, and before anybody hears of it: init's next request then fails at once, and goes to
    /// another keeper. It would otherwise wait unread for our end.
    var isDone = false {
        didSet { if isDone { shutdown(commander.descriptor.raw, Int32(SHUT_RD)) } }
    }

    /// - Parameter commander: Where `tazpod-init` passes requests on.
    init(configuration: GhostConfiguration, commander: consuming MessageSocket) throws(Failure) {
        self.configuration = configuration
        self.commander = commander
        signals = try failing(.vault) { () throws(SystemError) in
            try SignalSet.allButFaults.setAsMask()
            return try SignalDescriptor(.of([SIGCHLD, SIGTERM, SIGINT, SIGHUP]))
        }
    }

    private enum Source {
        case commander, signals, server, enclave, saves
        case client(Int32)
    }

    /// Keeps until the vault is locked.
    func loop() {
        while !isDone {
            let sources = watchedSources()
            var watched = sources.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
            let timeout = answerBy.map { Int32(clamping: max($0 - monotonicMilliseconds(), 0)) } ?? -1
            let count = poll(&watched, nfds_t(watched.count), timeout)
            if let time = answerBy, monotonicMilliseconds() >= time { answerEndedClients() }
            guard count > 0 else { continue }
            for (index, source) in sources.enumerated() where watched[index].revents != 0 && !isDone {
                handle(source.source)
            }
        }
        answerLateRequests()
    }

    /// Those that init passed on while it could not know that we are done.
    private func answerLateRequests() {
        while case .message(let received)? = try? commander.receive(capacity: Message.maximumLength) {
            var descriptors = received.descriptors
            guard let socket = descriptors.take(0) else { continue }
            let reply = Message(parsing: received.bytes).flatMap { lateAnswer($0) }
            let failure = Failure(.vault, "the vault was being locked at this moment; try again")
            try? MessageSocket(owning: socket).send((reply.map { .ok($0) } ?? Reply.error(failure)).encoded)
        }
    }

    /// What was asked for and is done already.
    private func lateAnswer(_ request: Message) -> Message? {
        if request.isWord("lock") { return Message("ok").adding("vault", "locked") }
        let asksToSave = request.isWord("vault") && request.text("action") == "save"
        return asksToSave && isLockedOnceSaved ? Message("ok").adding("save", "saved") : nil
    }

    private func watchedSources() -> [(source: Source, descriptor: Int32)] {
        var sources: [(Source, Int32)] = [(.commander, commander.descriptor.raw), (.signals, signals.descriptor.raw)]
        switch state {
        case .locked: break
        case .pending(let vault, _):
            if let channel = vault.server?.channel.descriptor.raw { sources.append((.server, channel)) }
        case .open(let vault):
            if let channel = vault.enclave?.channel.descriptor.raw { sources.append((.enclave, channel)) }
            if vault.saves != nil, let channel = vault.server?.channel.descriptor.raw { sources.append((.saves, channel)) }
        }
        for (identifier, client) in clients { sources.append((.client(identifier), client.socket.descriptor.raw)) }
        return sources
    }

    private func handle(_ source: Source) {
        switch source {
        case .commander: readCommander()
        case .signals: readSignals()
        case .server: readServer()
        case .enclave: readEnclave()
        case .saves: readSaves()
        case .client(let identifier): readClient(identifier)
        }
    }

    private func readCommander() {
        guard case .message(let received)? = try? commander.receive(capacity: Message.maximumLength) else {
            // init has ended, and with it the pod.
            lock(because: nil)
            return
        }
        guard let message = Message(parsing: received.bytes) else { return }
        var descriptors = received.descriptors
        guard let socket = descriptors.take(0) else {
            if message.isWord("lock") { lock(because: nil) }
            return
        }
        let connection = MessageSocket(owning: socket)
        let request: GhostRequest
        do throws(Failure) {
            request = try GhostRequest(message)
            try request.check(descriptorCount: descriptors.count - 1)
        } catch {
            finishIfLocked()
            try? connection.send(Reply.error(error).encoded)
            return
        }
        lastIdentifier &+= 1
        let client = Client(
            identifier: lastIdentifier, request: request, message: message, socket: connection, descriptors: descriptors)
        clients[client.identifier] = client
        do throws(Failure) {
            try accept(client)
        } catch {
            clients[client.identifier] = nil
            finishIfLocked()
            client.reply(.error(error))
        }
    }

    private func readSignals() {
        while let record = signals.next() {
            switch Int32(record.ssi_signo) {
            case SIGCHLD: reap()
            case SIGTERM, SIGINT: lock(because: nil)
            default: break
            }
        }
    }

    /// The children whose end says something by itself: a prover, and a server or an enclave that ended before it should.
    func reap() {
        for client in clients.values {
            guard let pid = client.prover else { continue }
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                client.prover = nil
                proofEnded(client, exitStatus(status))
            }
        }
        reapMaintenance()
        switch state {
        case .locked: break
        case .pending(let vault, _):
            if let failure = vault.enclave?.earlyEnd {
                lock(because: failure)
            } else if vault.server?.process.hasEnded ?? true {
                readServer()
            }
        case .open(let vault):
            if vault.server?.process.hasEnded ?? true {
                let kept = vault.saves == nil ? "synced" : "saved"
                lock(
                    because: Failure(
                        .vault, "the vault's server ended unexpectedly; what was \(kept) is safe, run tazpod unlock again"))
            } else if vault.enclave?.process.hasEnded ?? true {
                lock(because: nil)
            }
        }
    }

    /// Tells init what it may tell others.
    func announce(_ name: String, _ fields: [(String, String)] = []) {
        var message = Message("state").adding("value", name)
        for (key, value) in fields { message.add(key, value) }
        try? commander.send(message.encoded)
    }

    /// Without a vault there is nothing to keep. A request that was passed to us meanwhile is still answered.
    func finishIfLocked() {
        guard case .locked = state, maintenance == nil else { return }
        var watched = pollfd(fd: commander.descriptor.raw, events: Int16(POLLIN), revents: 0)
        isDone = poll(&watched, 1, 0) == 0
    }
}
