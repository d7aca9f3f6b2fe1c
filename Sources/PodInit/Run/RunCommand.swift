import CLinux
import Linux

/// Runs one command as PID 1 would have it: forwards signals to it, reaps every orphan, ends with its status.
///
/// Everything that can fail is here, before the command runs; ``RunningCommand`` has what follows.
struct RunCommand {
    private let options: RunOptions

    init(_ options: RunOptions) {
        self.options = options
    }

    func run() throws(InitFailure) -> Int32 {
        // Blocked before anything else, so that a signal that comes early waits for the child instead of being lost. A fault of
        // our own ends us all the same: the kernel unblocks its signal (force_sig in kernel/signal.c).
        let mask = try initFailing { () throws(SystemError) in try SignalSet.all.setAsMask() }
        // While it is ignored, children leave no status behind, and their end raises no signal (wait(2)).
        let ignoresChildren = clinux_signal_is_ignored(SIGCHLD)
        if ignoresChildren { _ = clinux_signal_default(SIGCHLD) }
        try arrangeParentDeath()
        try arrangeReaping()
        if options.pauses {
            letGoOfSurroundings(keeping: nil)
            return pause()
        }

        var plan = SpawnPlan(program: options.command[0], arguments: options.command, environment: environment())
        plan.descriptors = .inherited
        plan.signalMask = mask
        plan.ignoredSignals = .inherited
        if ignoresChildren { plan.ignoredAgain.insert(SIGCHLD) }
        plan.passesListenPID = true
        let terminal = ControllingTerminal.open()
        plan.group = options.hasSession ? session(taking: terminal) : .processGroup(foreground: terminal?.raw)
        let pid = try start(plan)
        let shared = options.hasSession ? nil : terminal
        letGoOfSurroundings(keeping: shared?.raw)
        var running = RunningCommand(pid: pid, options: options, terminal: shared)
        return running.loop()
    }

    /// A session that takes our terminal, if that is ours to give.
    ///
    /// Giving it up sends HUP and CONT to whoever is in its foreground, which is us. They are dropped, for they are not meant for
    /// the command; what had come before them is not.
    private func session(taking terminal: ControllingTerminal?) -> SpawnPlan.Group {
        let before = SignalSet.pending
        guard let terminal, terminal.giveUp() else { return .session }
        let causedByIt = SignalSet.of([SIGHUP, SIGCONT])
        while causedByIt.take() != nil {}
        for number in [SIGHUP, SIGCONT] where before.contains(number) { kill(getpid(), number) }
        return .sessionOnTerminal(taking: terminal.raw)
    }

    private func arrangeParentDeath() throws(InitFailure) {
        guard let signal = options.parentDeathSignal else { return }
        let parent = getppid()
        try initFailing { () throws(SystemError) in
            try retrying("set the parent death signal") { clinux_prctl(PR_SET_PDEATHSIG, UInt(signal), 0, 0, 0) }
        }
        // It died before the kernel knew that we want to hear of it.
        if getppid() != parent { kill(getpid(), signal) }
    }

    private func arrangeReaping() throws(InitFailure) {
        if getpid() == 1 { return }
        // What is no child of ours cannot be waited for.
        if options.isSubreaper || options.waitsForAll {
            try initFailing { () throws(SystemError) in
                try retrying("become a subreaper") { clinux_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }
            }
        }
        var isReaper: Int32 = 0
        let asked = withUnsafeMutablePointer(to: &isReaper) {
            clinux_prctl(PR_GET_CHILD_SUBREAPER, UInt(bitPattern: $0), 0, 0, 0)
        }
        if (asked == 0 && isReaper != 0) || options.verbosity < 1 { return }
        log(
            """
            not PID 1 and not a subreaper, so orphans go to another process and zombie reaping won't work; use -s, set \
            TINI_SUBREAPER, or run tazpod-init as PID 1
            """)
    }

    private func start(_ plan: SpawnPlan) throws(InitFailure) -> pid_t {
        do {
            let pid = try spawn(plan)
            if options.verbosity > 1 { log(sentence("\(name) runs with pid=\(pid)")) }
            return pid
        } catch {
            throw failure(error, ProgramSearch(plan.program, environment: plan.environment))
        }
    }

    private var name: String { String(decoding: options.command[0], as: UTF8.self) }

    /// A shell's status: 127 for what is not there, 126 for what cannot be run.
    private func failure(_ error: SystemError, _ search: ProgramSearch) -> InitFailure {
        let reason = describe(errno: error.errno)
        if !error.isOfProgram { return InitFailure(status: 126, "cannot run \(name): cannot \(error.stage): \(reason)") }
        if error.errno != ENOENT { return InitFailure(status: 126, "cannot run \(name): \(reason)") }
        if !search.isThere { return InitFailure(status: 127, "cannot run \(name): \(reason)") }
        return InitFailure(
            status: 126, "cannot run \(name): it is there, but not the interpreter or loader that it names: \(reason)")
    }

    /// A folder or a file that we held would be held as long as we run: a mount that cannot be undone, a pipe that never ends.
    /// Descriptors 0 to 2 stay, since programs in containers write to /proc/1/fd/1.
    private func letGoOfSurroundings(keeping kept: Int32?) {
        _ = chdir("/")
        closeDescriptors(except: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, kept ?? -1])
    }

    /// Reaps until it is told to end, as the process that only holds a pod's namespaces does.
    private func pause() -> Int32 {
        while true {
            switch SignalSet.all.wait()?.number {
            case SIGINT, SIGTERM: return 0
            case SIGCHLD: Reaper(options).reap()
            default: break
            }
        }
    }
}
