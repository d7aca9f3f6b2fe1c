import CLinux
import Contract
import Linux

/// Runs a command on a new terminal of the pod, and copies between that and our own: what an engine's exec does, for the
/// provider that has no engine.
///
/// So no process of the pod holds the host's terminal, into which it could type (TIOCSTI, ioctl_tty(2)), and from which it could
/// read what is typed after it has gone.
struct TerminalRelay: ~Copyable {
    private let master: Descriptor
    private let signals: SignalDescriptor
    private let child: ChildProcess
    /// What was read and not yet taken by the other side; nothing more is read until it is.
    private var toPod: [UInt8] = []
    private var toUser: [UInt8] = []
    private var childStatus: Int32?

    private static let chunk = 16 * 1024

    /// Starts `command`, whose terminal belongs to `owner`.
    static func start(_ command: [String], owner: uid_t) throws(Failure) -> TerminalRelay {
        try failing(.provider) { () throws(SystemError) in
            let signals = try blockSignals()
            let master = Descriptor(owning: try retrying(stage) { clinux_open_master("/dev/ptmx") })
            let slave = try openSlave(of: master, owner: owner)
            var plan = SpawnPlan(command, environment: environment())
            plan.descriptors = .only([slave.raw, slave.raw, slave.raw])
            plan.group = .terminalSession
            let child = ChildProcess(pid: try spawn(plan))
            return TerminalRelay(master: master, signals: signals, child: child)
        }
    }

    /// Runs `body` in a process of its own, whose terminal is a new one of the pod's, and root's.
    ///
    /// - Parameters:
    ///   - multiplexer: Where the host sees the pod's /dev/ptmx.
    ///   - kept: Descriptors that `body` uses beside its input and output.
    static func start(
        multiplexer: String, keeping kept: [Int32], _ body: () -> Int32
    ) throws(Failure) -> TerminalRelay {
        try failing(.provider) { () throws(SystemError) in
            let signals = try blockSignals()
            let master = Descriptor(owning: try retrying(stage) { clinux_open_master(multiplexer) })
            let slave = try openSlave(of: master, owner: 0)
            let child = try ChildProcess.fork("tazpod") {
                setsid()
                for number in STDIN_FILENO...STDERR_FILENO { dup2(slave.raw, number) }
                _ = clinux_make_controlling_terminal(STDIN_FILENO)
                // The terminal hangs up when the relay ends, and nobody else holds its other end.
                closeDescriptors(except: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] + kept)
                return body()
            }
            return TerminalRelay(master: master, signals: signals, child: child)
        }
    }

    private static let stage = "open a terminal in the pod"

    private static func blockSignals() throws(SystemError) -> SignalDescriptor {
        let set = SignalSet.of([SIGWINCH, SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGQUIT])
        try set.setAsMask()
        return try SignalDescriptor(set)
    }

    private static func openSlave(of master: borrowing Descriptor, owner: uid_t) throws(SystemError) -> Descriptor {
        let slave = Descriptor(owning: try retrying(stage) { clinux_open_slave(master.raw) })
        try retrying("give the terminal to its user") { fchown(slave.raw, owner, gid_t.max) }
        _ = clinux_copy_window_size(STDIN_FILENO, master.raw)
        return slave
    }

    private init(master: consuming Descriptor, signals: consuming SignalDescriptor, child: ChildProcess) {
        self.master = master
        self.signals = signals
        self.child = child
    }

    /// Copies until the command ends or our terminal goes away, which for the command is a hangup of its own.
    ///
    /// - Returns: the command's status.
    consuming func run() -> Int32 {
        let terminal = RawTerminal(STDIN_FILENO)
        var status: Int32?
        while status == nil { status = step() }
        terminal.restore()
        return status ?? 0
    }

    private mutating func step() -> Int32? {
        var watched = [
            pollfd(fd: signals.descriptor.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: master.raw, events: Int16((toUser.isEmpty ? POLLIN : 0) | (toPod.isEmpty ? 0 : POLLOUT)), revents: 0),
            pollfd(fd: toPod.isEmpty ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: toUser.isEmpty ? -1 : STDOUT_FILENO, events: Int16(POLLOUT), revents: 0),
        ]
        // A command that has ended may have left others on its terminal; what they still say is not waited for.
        let count = poll(&watched, nfds_t(watched.count), childStatus == nil ? -1 : 0)
        if count == 0, let childStatus { return childStatus }
        if watched[0].revents != 0, let status = handleSignals() { return status }
        if watched[3].revents != 0 { TerminalRelay.drain(&toUser, into: STDOUT_FILENO) }
        if watched[1].revents & Int16(POLLOUT) != 0 { TerminalRelay.drain(&toPod, into: master.raw) }
        if watched[1].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0, toUser.isEmpty {
            // All that had the pod's terminal open have closed it.
            if !TerminalRelay.fill(&toUser, from: master.raw) { return childStatus ?? waitForChild() }
        }
        if watched[2].revents != 0, !TerminalRelay.fill(&toPod, from: STDIN_FILENO) { return hangup() }
        return nil
    }

    private mutating func handleSignals() -> Int32? {
        while let record = signals.next() {
            switch Int32(record.ssi_signo) {
            case SIGWINCH: _ = clinux_copy_window_size(STDIN_FILENO, master.raw)
            case SIGCHLD: childStatus = childStatus ?? child.wait(milliseconds: 0)
            default: return hangup()
            }
        }
        return nil
    }

    /// Our end closes with this value, and the kernel tells the command.
    private func hangup() -> Int32 {
        128 + SIGHUP
    }

    private func waitForChild() -> Int32 {
        child.wait(milliseconds: -1) ?? 0
    }

    /// - Returns: false at the end of the input.
    private static func fill(_ queue: inout [UInt8], from descriptor: Int32) -> Bool {
        var bytes = [UInt8](repeating: 0, count: chunk)
        let count = read(descriptor, &bytes, bytes.count)
        if count > 0 { queue.append(contentsOf: bytes[0..<count]) }
        return count > 0 || (count < 0 && (clinux_errno() == EAGAIN || clinux_errno() == EINTR))
    }

    private static func drain(_ queue: inout [UInt8], into descriptor: Int32) {
        let count = queue.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { queue.removeFirst(count) }
    }
}

/// A terminal that passes on every key as it is typed.
private struct RawTerminal {
    private let descriptor: Int32
    private var saved = termios()

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        tcgetattr(descriptor, &saved)
        var raw = saved
        cfmakeraw(&raw)
        tcsetattr(descriptor, TCSANOW, &raw)
    }

    func restore() {
        var saved = saved
        tcsetattr(descriptor, TCSADRAIN, &saved)
    }
}
