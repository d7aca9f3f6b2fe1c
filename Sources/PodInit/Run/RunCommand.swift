import CLinux
import Linux

/// Runs one command as PID 1 would have it, and as tini does: forwards signals to it, reaps every orphan, ends with its status.
struct RunCommand {
    private let options: RunOptions

    init(_ options: RunOptions) {
        self.options = options
    }

    func run() throws(InitFailure) -> Int32 {
        // Blocked before anything else, so that a signal that comes early waits for the child instead of being lost.
        let inheritedMask = try initFailing { () throws(SystemError) in try SignalSet.allButFaults.setAsMask() }
        try arrangeParentDeath()
        try arrangeReaping()
        let child = try start(inheritedMask)
        return loop(child)
    }

    private func arrangeParentDeath() throws(InitFailure) {
        guard let signal = options.parentDeathSignal else { return }
        try initFailing { () throws(SystemError) in
            try retrying("set the parent death signal") { clinux_prctl(PR_SET_PDEATHSIG, UInt(signal), 0, 0, 0) }
        }
    }

    private func arrangeReaping() throws(InitFailure) {
        if options.isSubreaper {
            try initFailing { () throws(SystemError) in
                try retrying("become a subreaper") { clinux_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }
            }
        }
        var isReaper: Int32 = 0
        let asked = withUnsafeMutablePointer(to: &isReaper) {
            clinux_prctl(PR_GET_CHILD_SUBREAPER, UInt(bitPattern: $0), 0, 0, 0)
        }
        if getpid() == 1 || (asked == 0 && isReaper != 0) || options.verbosity < 1 { return }
        log(
            """
            not PID 1 and not a subreaper, so orphans go to another process and zombie reaping won't work; use -s, set \
            TINI_SUBREAPER, or run tazpod-init as PID 1
            """)
    }

    private func start(_ mask: SignalSet) throws(InitFailure) -> pid_t {
        var plan = SpawnPlan(program: options.command[0], arguments: options.command, environment: environment())
        plan.descriptors = .inherited
        plan.group = .processGroup(foreground: STDIN_FILENO)
        plan.signalMask = mask
        plan.ignoredSignals = .inherited
        do {
            return try spawn(plan)
        } catch {
            let name = String(decoding: options.command[0], as: UTF8.self)
            let status: Int32 = error.errno == ENOENT ? 127 : 126
            throw InitFailure(status: status, "cannot run \(name): \(describe(errno: error.errno))")
        }
    }

    /// From here on nothing ends us but the end of our command.
    private func loop(_ child: pid_t) -> Int32 {
        while true {
            guard let signal = SignalSet.allButFaults.wait() else { continue }
            if signal == SIGCHLD {
                if let status = reap(child) { return mapped(status) }
            } else {
                forward(signal, to: child)
            }
        }
    }

    private func forward(_ signal: Int32, to child: pid_t) {
        if options.verbosity > 1 { log("forwarding signal \(signal)") }
        if kill(options.signalsGroup ? -child : child, signal) != 0, clinux_errno() != ESRCH {
            log("cannot forward signal \(signal): \(describe(errno: clinux_errno()))")
        }
    }

    /// Reaps all that has ended: several ends make one SIGCHLD (signal(7)).
    ///
    /// - Returns: the command's wait status, once it has ended.
    private func reap(_ child: pid_t) -> Int32? {
        var result: Int32?
        while true {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, WNOHANG)
            if pid < 0 && clinux_errno() == EINTR { continue }
            if pid <= 0 { return result }
            if pid == child {
                result = status
            } else if options.warnsOnReap {
                log("Reaped zombie process with pid=\(pid)")
            }
        }
    }

    private func mapped(_ waitStatus: Int32) -> Int32 {
        let status = exitStatus(waitStatus)
        return options.expectedStatuses.contains(status) ? 0 : status
    }
}
