import CLinux
import Contract
import Linux

extension Supervisor {
    /// How long a lock may take before the ghost is killed, which also locks, but loses what was not synced.
    static let lockMilliseconds: Int64 = 15_000
    /// The same where all of the vault is written.
    static let saveMilliseconds: Int64 = 120_000

    /// Hands a request, its client and the client's descriptors to the ghost, which answers the client itself.
    ///
    /// - Returns: whether the client is the ghost's now.
    func passToGhost(
        _ verb: Request.GhostVerb, _ message: Message, _ client: Client, _ descriptors: borrowing ReceivedDescriptors
    ) throws(Failure) -> Bool {
        if ghost == nil {
            switch verb {
            case .lock:
                client.reply(.ok(Message("ok").adding("vault", "locked")))
                return false
            case .attach, .exec: throw Failure(.refused, "the vault is locked; run tazpod unlock first")
            case .unlock, .vault:
                if stopping != nil { throw Failure(.refused, "the pod is stopping; start it again first") }
                try startGhost()
            }
        }
        guard let ghost else { return false }
        let all = [client.socket.descriptor.raw] + descriptors.numbers
        do {
            try ghost.channel.send(request(message, of: client, to: ghost), descriptors: all)
        } catch {
            // One that has just done its work and ended, of which we have yet to hear, leaves its place to another.
            guard error.errno == EPIPE, stopping == nil, verb == .vault || verb == .unlock else {
                throw Supervisor.refusal(error)
            }
            forgetGhost()
            try startGhost()
            guard let next = self.ghost else { return false }
            do {
                try next.channel.send(request(message, of: client, to: next), descriptors: all)
            } catch {
                throw Supervisor.refusal(error)
            }
        }
        if verb == .lock, let ghost = self.ghost { expectLock(of: ghost) }
        return true
    }

    /// What a client asked for, with what we know of it and no client can say.
    private func request(_ message: Message, of client: Client, to ghost: GhostLink) -> [UInt8] {
        var request = Message(String(decoding: message.word, as: UTF8.self))
        let guesses = guesses[client.peer.uid] ?? Guesses()
        request.add("peer-uid", String(client.peer.uid))
        request.add("peer-tries", String(guesses.tries))
        request.add("peer-pause", String(guesses.pause(now: monotonicMilliseconds())))
        request.add("peer-proofs", String(ghost.proofsHeard))
        for field in message.fields where !field.key.starts(with: "peer-".utf8) {
            request.add(String(decoding: field.key, as: UTF8.self), field.value)
        }
        return request.encoded
    }

    private static func refusal(_ error: SystemError) -> Failure {
        Failure(.vault, "the ghost does not take requests just now (\(describe(errno: error.errno))); try again")
    }

    private func startGhost() throws(Failure) {
        try requireSecondUser()
        do {
            let link: GhostLink
            if let standby = takeStandby() { link = standby } else { link = try startGhostProcess() }
            try epoll.add(link.channel.descriptor.raw, token: EventToken(.ghost, link.identifier).raw)
            try retrying("make the ghost's channel non-blocking") {
                clinux_fcntl(link.channel.descriptor.raw, F_SETFL, Int(O_NONBLOCK))
            }
            ghost = link
        } catch {
            throw Failure(.provider, error, next: Supervisor.noGhost)
        }
    }

    func startGhostProcess() throws(SystemError) -> GhostLink {
        let pair = try MessageSocketPair()
        let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
        let pid = try spawnGhost([], [null.raw, STDERR_FILENO, STDERR_FILENO, pair.theirs.descriptor.raw])
        return GhostLink(identifier: nextIdentifier(), pid: pid, channel: pair.keepOurs())
    }

    private static let noGhost = "this pod's image has no working tazpod-ghost beside tazpod-init"

    private func requireSecondUser() throws(Failure) {
        guard hasSecondUser else {
            throw Failure(
                .refused, "this pod has no second user, so nothing could keep a secret from the public area; run its init as root"
            )
        }
    }

    private func spawnGhost(_ arguments: [String], _ descriptors: [Int32]) throws(SystemError) -> pid_t {
        var plan = SpawnPlan([try ownFolder() + "/tazpod-ghost"] + arguments, environment: environment())
        plan.descriptors = .only(descriptors)
        plan.group = .session
        return try spawn(plan)
    }

    /// Starts a process that tries the vault's drivers and answers the client itself. One at a time: each takes loop devices.
    func startTrial(for client: Client) throws(Failure) {
        if stopping != nil { throw Failure(.refused, "the pod is stopping; start it again first") }
        if trialPID != nil { throw Failure(.vault, "somebody else has the drivers tried just now; try again in a moment") }
        try requireSecondUser()
        do {
            let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
            trialPID = try spawnGhost(["--try-drivers"], [null.raw, client.socket.descriptor.raw, STDERR_FILENO])
        } catch {
            throw Failure(.provider, error, next: Supervisor.noGhost)
        }
    }

    func readGhost(_ identifier: UInt32) {
        guard let ghost, ghost.identifier == identifier else { return }
        do {
            switch try ghost.channel.receive(by: messageBuffer) {
            case .nothingYet: return
            // Its end, which SIGCHLD tells, counts; until then there is nothing more to hear.
            case .closed: epoll.remove(ghost.channel.descriptor.raw)
            case .message(let received):
                guard let message = Message(parsing: received.bytes) else { return }
                noteGuess(message, from: ghost)
                let before = ghost.isOpen
                ghost.update(message)
                if ghost.isOpen && !before { log("the vault is open") }
                // One that could not be saved stays open; one that is closing has to end.
                if ghost.isOpen && stopping == nil { deadlines.clear(.ghostLock) }
                if ghost.isClosing { expectLock(of: ghost) }
            }
        } catch {
            log(error.sentence)
            epoll.remove(ghost.channel.descriptor.raw)
        }
    }

    /// The ghost tells of every passphrase that was tried.
    private func noteGuess(_ message: Message, from ghost: GhostLink) {
        guard message.isWord("proof"), let uid = message.text("uid").flatMap({ uid_t($0) }) else { return }
        ghost.noteProof()
        if message.text("right") != nil {
            guesses[uid] = nil
        } else {
            guesses[uid, default: Guesses()].noteWrong(now: monotonicMilliseconds())
        }
    }

    /// Asks the ghost to lock, with nobody waiting for the answer.
    func lockGhost() {
        guard let ghost else { return }
        try? ghost.channel.send(Message("lock").encoded)
        expectLock(of: ghost)
    }

    private func expectLock(of ghost: GhostLink) {
        let time = ghost.savesToLock ? Supervisor.saveMilliseconds : Supervisor.lockMilliseconds
        deadlines.set(.ghostLock, at: monotonicMilliseconds() + time)
    }

    /// The last resort: the kernel then ends the enclave with it.
    func killGhost() {
        guard let ghost else { return }
        log("the vault did not lock in time: killing its ghost")
        kill(ghost.pid, SIGKILL)
    }

    private func forgetGhost() {
        if ghost?.wasOpen == true { log("the vault is locked") }
        deadlines.clear(.ghostLock)
        if let ghost { epoll.remove(ghost.channel.descriptor.raw) }
        ghost = nil
    }

    func ghostEnded(_ status: Int32) {
        if clinux_signaled(status) { log("the ghost was ended by signal \(clinux_term_signal(status))") }
        forgetGhost()
        planStandby()
        if stopping == .locking { advanceStop() }
    }
}
