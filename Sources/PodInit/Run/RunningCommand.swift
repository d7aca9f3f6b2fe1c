import CLinux
import Linux

/// A command that runs. From here on nothing ends us but its end.
struct RunningCommand {
    let pid: pid_t
    let options: RunOptions
    /// The terminal that we share with the command; nil without one, or when it is the command's alone.
    let terminal: ControllingTerminal?
    /// The command was stopped and, as far as we know, did not go on.
    var isStopped = false
    /// A stop was asked for through us since the last SIGCONT.
    var wasAskedToStop = false
    /// How the command ended, when others are still waited for.
    private var ended: Int32?

    var hasEnded: Bool { ended != nil }

    init(pid: pid_t, options: RunOptions, terminal: ControllingTerminal?) {
        self.pid = pid
        self.options = options
        self.terminal = terminal
    }

    /// - Returns: the exit status to end with.
    mutating func loop() -> Int32 {
        while true {
            guard let signal = SignalSet.all.wait() else { continue }
            if signal.number != SIGCHLD {
                handle(signal)
            } else if let status = handleChildren() {
                return status
            }
        }
    }

    private mutating func handle(_ signal: ReceivedSignal) {
        // A message of ours that nobody reads raises it (write(2), EPIPE).
        if signal.number == SIGPIPE && signal.sender == getpid() { return }
        let isStop = SignalNumbers.terminalStops.contains(signal.number)
        if isStop { wasAskedToStop = true }
        if signal.number == SIGCONT { handTerminalOver() }
        forward(signal)
        if signal.number == SIGCONT { (isStopped, wasAskedToStop) = (false, false) }
        // SIGSTOP, because the signal itself would do nothing where no shell looks after us.
        if isStop && options.stopsWithSignal { kill(getpid(), SIGSTOP) }
    }

    private func forward(_ signal: ReceivedSignal) {
        let number = options.sent(for: signal.number)
        if options.verbosity > 1 {
            log(sentence("signal \(signal.number) from pid=\(signal.sender) goes on as \(number)"))
        }
        if number == 0 { return }
        if hasEnded {
            Survivors.send(number)
            return
        }
        if signal.send(to: target(for: number), as: number) != 0, clinux_errno() != ESRCH, options.verbosity > 0 {
            log(sentence("cannot send signal \(number): \(describe(errno: clinux_errno()))"))
        }
    }

    /// What the terminal stopped is the whole group, so that is what goes on.
    private func target(for number: Int32) -> pid_t {
        options.signalsGroup || (number == SIGCONT && isStopped) ? -pid : pid
    }

    private mutating func handleChildren() -> Int32? {
        let reaped = Reaper(options, command: pid, seesStops: terminal != nil).reap()
        if let status = reaped.status {
            commandEnded()
            ended = exitStatus(status)
        } else if let signal = reaped.stop {
            commandStopped(signal)
        }
        guard let ended, !options.waitsForAll || !reaped.hasChildren else { return nil }
        return options.expectedStatuses.contains(ended) ? 0 : ended
    }

    private func commandEnded() {
        terminal?.takeBack(from: pid)
        // What the command left in its session is told to end too.
        let number = options.sent(for: SIGTERM)
        if options.hasSession && number != 0 { kill(-pid, number) }
    }
}
