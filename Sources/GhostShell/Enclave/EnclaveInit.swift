import CLinux
import Contract
import Linux

/// PID 1 of an enclave: starts what the keeper asks for, reaps, and ends when nothing runs any more, which ends the enclave.
///
/// It is already the unprivileged user, so everything it starts is.
struct EnclaveInit: ~Copyable {
    /// Words between keeper and enclave, in the format of the control socket.
    enum Word {
        /// Keeper: start `arg`… with `env`…, on the three descriptors that come along, and call it `id`. Where secrets were pulled
        /// into the vault, the program `secrets` gives them to it.
        static let run = "run"
        /// Keeper: send signal `number` to what `id` is.
        static let signal = "signal"
        /// Keeper: end everything, politely.
        static let end = "end"
        /// Enclave: what `id` was ended with `status`.
        static let exited = "exited"
        /// Enclave: nothing runs any more, and it stays.
        static let empty = "empty"
        /// Enclave: nothing was typed for as long as the plan says. Said again every so often.
        static let idle = "idle"
    }

    private let signals: SignalDescriptor
    private let directory: String
    private let vault: String
    private let staysWhenEmpty: Bool
    private var running: [(identifier: Int32, pid: pid_t)] = []
    private var hasRun = false
    private var isEnding = false
    private var idleTime: IdleTime?

    /// How long a polite end may take.
    private static let graceMilliseconds: Int32 = 300

    /// - Parameters:
    ///   - directory: Where what it starts begins.
    ///   - vault: Where the vault is mounted.
    ///   - idleAfter: Seconds without input on our terminals after which the keeper is told.
    ///   - staysWhenEmpty: It is the keeper's to end it when nothing runs any more: there is something to be saved first.
    init(directory: String, vault: String, idleAfter: Int64?, staysWhenEmpty: Bool) throws(Failure) {
        self.directory = directory
        self.vault = vault
        self.staysWhenEmpty = staysWhenEmpty
        idleTime = idleAfter.map { IdleTime(limit: $0) }
        signals = try failing(.vault) { () throws(SystemError) in
            let childEnds = SignalSet.of([SIGCHLD])
            try SignalSet.allButFaults.setAsMask()
            return try SignalDescriptor(childEnds)
        }
    }

    /// Runs until nothing runs any more, or the keeper has gone.
    mutating func loop(_ keeper: borrowing MessageSocket) {
        while true {
            var watched = [
                pollfd(fd: keeper.descriptor.raw, events: Int16(POLLIN), revents: 0),
                pollfd(fd: signals.descriptor.raw, events: Int16(POLLIN), revents: 0),
            ]
            let timeout = isEnding ? EnclaveInit.graceMilliseconds : idleTime?.milliseconds ?? -1
            let count = poll(&watched, nfds_t(watched.count), timeout)
            if count < 0 && clinux_errno() != EINTR { return }
            if watched[1].revents != 0 { while signals.next() != nil {} }
            if !reap(keeper) && (hasRun || isEnding) {
                if isEnding || !staysWhenEmpty { return }
                hasRun = false
                try? keeper.send(Message(Word.empty).encoded)
            }
            if let idleTime, idleTime.isOver { try? keeper.send(Message(Word.idle).encoded) }
            let isOver = (count == 0 && isEnding) || (watched[0].revents != 0 && !read(keeper))
            if isOver && Defence.forcedEnd.isOn { return }
        }
    }

    /// - Returns: false when the keeper has gone.
    private mutating func read(_ keeper: borrowing MessageSocket) -> Bool {
        guard case .message(let received)? = try? keeper.receive(capacity: Message.maximumLength) else { return false }
        guard let message = Message(parsing: received.bytes) else { return true }
        if message.isWord(Word.run) {
            run(message, received.descriptors, keeper)
        } else if message.isWord(Word.signal) {
            forward(message)
        } else if message.isWord(Word.end) {
            isEnding = true
            // A shell saves its history on SIGHUP; what was stopped hears nothing until it goes on.
            for signal in [SIGHUP, SIGTERM, SIGCONT] where kill(-1, signal) < 0 && clinux_errno() == ESRCH { return false }
        }
        return true
    }

    private mutating func run(
        _ message: Message, _ descriptors: borrowing ReceivedDescriptors, _ keeper: borrowing MessageSocket
    ) {
        guard let identifier = message.number("id"), descriptors.count == 3 else { return }
        hasRun = true
        idleTime?.begin()
        var arguments = message.all("arg")
        if let program = message.bytes("secrets"), access("\(vault)/\(PodPaths.pulledIndex)", F_OK) == 0 {
            arguments = [program, Array("exec".utf8), Array("--".utf8)] + arguments
        }
        var plan = SpawnPlan(program: arguments.first ?? [], arguments: arguments, environment: message.all("env"))
        plan.directory = directory
        plan.fallbackDirectory = "/"
        plan.descriptors = .only(descriptors.numbers)
        plan.group = .session
        do {
            running.append((identifier, try spawn(plan)))
        } catch {
            complain(of: arguments.first ?? [], error, to: descriptors.numbers[2])
            tell(keeper, identifier, status: error.errno == ENOENT ? 127 : 126)
        }
    }

    /// On the client's standard error, as a shell does; but never waits for somebody to read it.
    private func complain(of program: [UInt8], _ error: SystemError, to standardError: Int32) {
        var watched = pollfd(fd: standardError, events: Int16(POLLOUT), revents: 0)
        guard poll(&watched, 1, 0) == 1, watched.revents & Int16(POLLOUT) != 0 else { return }
        let name = String(decoding: program.prefix(200), as: UTF8.self)
        let sentence = Array("tazpod: cannot run \(name) in the ghost: \(describe(errno: error.errno))\n".utf8)
        _ = write(standardError, sentence, sentence.count)
    }

    private func forward(_ message: Message) {
        guard let identifier = message.number("id"), let number = message.number("number"),
            let process = running.first(where: { $0.identifier == identifier })
        else { return }
        // It leads a session, so its group has its number.
        kill(-process.pid, number)
    }

    /// - Returns: whether a process is left.
    private mutating func reap(_ keeper: borrowing MessageSocket) -> Bool {
        while true {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, WNOHANG)
            if pid == 0 { return true }
            if pid < 0 {
                if clinux_errno() == EINTR { continue }
                return false
            }
            if let index = running.firstIndex(where: { $0.pid == pid }) {
                tell(keeper, running.remove(at: index).identifier, status: exitStatus(status))
            }
        }
    }

    private func tell(_ keeper: borrowing MessageSocket, _ identifier: Int32, status: Int32) {
        let message = Message(Word.exited).adding("id", String(identifier)).adding("status", String(status))
        try? keeper.send(message.encoded)
    }
}
