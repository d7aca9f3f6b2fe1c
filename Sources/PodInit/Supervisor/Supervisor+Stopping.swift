import CLinux
import Linux

/// How far a stop has come. A stop only goes forward.
enum StoppingPhase: Equatable {
    /// The vault is being locked; everything else still runs.
    case locking
    /// The services are being stopped, the last first.
    case services
    /// Every process was asked to end.
    case ending
    /// Every process was killed.
    case killing
}

extension Supervisor {
    private static let graceMilliseconds: Int64 = 5_000
    private static let askAgainMilliseconds: Int64 = 250
    private static let killMilliseconds: Int64 = 2_000

    /// systemd's signals to a container or machine (systemd(1), SIGNALS); to a pod they are all one.
    func stopIfAsked(by signal: Int32) {
        switch signal {
        case SIGTERM, SignalNumbers.realTimeMinimum + 4: machineEnd = .powerOff
        case SignalNumbers.realTimeMinimum + 3: machineEnd = .halt
        // Control-Alt-Delete, too.
        case SIGINT, SignalNumbers.realTimeMinimum + 5: machineEnd = .reboot
        default: return
        }
        stop()
    }

    /// Locks the vault, then ends every process: asked first, killed when the grace is over.
    func stop() {
        guard stopping == nil else { return }
        stopping = .locking
        tellManager("STOPPING=1")
        endStandby()
        if ghost == nil {
            advanceStop()
        } else {
            lockGhost()
        }
    }

    /// The next phase: the one before is done, or its time is over.
    func advanceStop() {
        switch stopping {
        case nil: return
        case .locking:
            stopping = .services
            stopServicesInOrder()
            return
        case .services:
            stopping = .ending
            killsAt = monotonicMilliseconds() + Supervisor.graceMilliseconds
            askEverythingToEnd()
        case .ending where monotonicMilliseconds() < killsAt: askEverythingToEnd()
        case .ending:
            stopping = .killing
            signalEverything(SIGKILL)
            deadlines.set(.stopping, at: monotonicMilliseconds() + Supervisor.killMilliseconds)
        case .killing:
            log("some process could not be killed; leaving it to the kernel")
            exitStatus = 0
        }
        stopIfAllEnded()
    }

    /// Again and again: what was just being started has not heard it the first time.
    private func askEverythingToEnd() {
        signalEverything(SIGTERM)
        // What was stopped hears nothing until it goes on; a shell ends on SIGHUP, not on SIGTERM.
        signalEverything(SIGHUP)
        signalEverything(SIGCONT)
        deadlines.set(.stopping, at: min(monotonicMilliseconds() + Supervisor.askAgainMilliseconds, killsAt))
    }

    /// kill(2) of -1 reaches every process of our PID namespace but ourselves; outside of one it would reach the machine.
    private func signalEverything(_ signal: Int32) {
        if getpid() == 1 {
            kill(-1, signal)
            return
        }
        if let server = sessions.serverPID { kill(server, signal) }
        if let trialPID { kill(trialPID, signal) }
        for job in jobs.values { kill(job.pid, signal) }
    }

    /// Ends the stop early when no child is left.
    func stopIfAllEnded() {
        guard stopping == .ending || stopping == .killing else { return }
        var information = siginfo_t()
        if waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) != 0, clinux_errno() == ECHILD { exitStatus = 0 }
    }
}
