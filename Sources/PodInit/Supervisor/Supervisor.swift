import CLinux
import Contract
import Linux

/// The workspace's PID 1: one loop over signals, a timer and the control socket. Idle, it makes no system call at all.
///
/// What it does with what the loop brings is in the extensions, one file each: requests, ghost, sessions, jobs, stopping.
final class Supervisor {
    let configuration: PodConfiguration
    let inheritedMask: SignalSet
    let epoll: Epoll
    let signals: SignalDescriptor
    let timer: Timer
    let control: ControlServer
    /// Where services notify us; nil when it could not be made, and then they cannot.
    private(set) var notifySocket: NotifySocket?
    let messageBuffer = MessageBuffer(capacity: Message.maximumLength)
    let startedAt = monotonicMilliseconds()

    var deadlines = Deadlines()
    /// What the timer is set to; nil when it is off.
    private var timerTime: Int64?
    var sessions = PublicSessions()
    var ghost: GhostLink?
    /// The process of the next ghost, which nobody has asked for yet.
    var standby: GhostLink?
    /// By who guessed: what the public area gets wrong costs root no time.
    var guesses: [uid_t: Guesses] = [:]
    /// The process that tries the vault's drivers.
    var trialPID: pid_t?
    var jobs: [UInt32: Job] = [:]
    var services = ServiceTable()
    /// A round of starts is under way, or services are being changed: none starts in between.
    var holdsStarts = false
    var needsStartRound = false
    var standardError = StandardError()
    var isStandardErrorWatched = false
    var hasToldReadiness = false
    var lastIdentifier: UInt32 = 0
    var stopping: StoppingPhase?
    /// When the grace of a stop is over, in monotonic milliseconds.
    var killsAt: Int64 = 0
    var exitStatus: Int32?
    /// What happens to the machine after a stop, if it is ours.
    var machineEnd = Machine.End.powerOff

    private init(_ configuration: PodConfiguration, inheritedMask: SignalSet) throws(SystemError) {
        self.configuration = configuration
        self.inheritedMask = inheritedMask
        epoll = try Epoll()
        signals = try SignalDescriptor(.allButFaults)
        timer = try Timer()
        control = try ControlServer(path: PodPaths.controlSocket)
        notifySocket = try? NotifySocket(receivingAt: PodPaths.notifySocket)
        try epoll.add(signals.descriptor.raw, token: EventToken(.signals).raw)
        try epoll.add(timer.descriptor.raw, token: EventToken(.timer).raw)
        try epoll.add(control.listener.descriptor.raw, token: EventToken(.listener).raw)
        if let raw = notifySocket?.descriptor.raw { try epoll.add(raw, token: EventToken(.notify).raw) }
    }

    /// Supervises until it is told to stop.
    ///
    /// - Returns: the exit status.
    static func run(_ machine: Machine?) throws(InitFailure) -> Int32 {
        let supervisor = try initFailing { () throws(SystemError) in
            let mask = try SignalSet.allButFaults.setAsMask()
            if getpid() != 1 {
                try retrying("become a subreaper") { clinux_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }
            }
            try makeRuntimeDirectories()
            try writeTerminalDefaults()
            return try Supervisor(try PodConfiguration.fromEnvironment(), inheritedMask: mask)
        }
        supervisor.configuration.ghostOnly.makeLinks()
        supervisor.keepMainSession()
        supervisor.planStandby()
        supervisor.reloadServices()
        let status = supervisor.loop()
        machine?.end(supervisor.machineEnd)
        return status
    }

    /// The private folder is closed before anything else runs: the vault's image may be mounted below it.
    private static func makeRuntimeDirectories() throws(SystemError) {
        umask(0o022)
        _ = chdir("/")
        _ = mkdir("/run", 0o755)
        for (path, mode) in [(PodPaths.runtime, 0o755), (PodPaths.privateDirectory, 0o700)] as [(String, mode_t)] {
            if mkdir(path, mode) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(path)") }
            // The engine may have made it, on the way to a mount below.
            try retrying("set who may enter \(path)") { chmod(path, mode) }
        }
    }

    private static func writeTerminalDefaults() throws(SystemError) {
        let stage = "write \(PodPaths.tmuxConfig)"
        // Whatever is there under that name, a link among other things, is not written to.
        _ = unlink(PodPaths.tmuxConfig)
        let file = try Descriptor.open(
            PodPaths.tmuxConfig, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o644, stage: stage)
        try file.write(TerminalDefaults.tmux, stage: stage)
    }

    /// Nothing in here may end the process but a finished stop.
    private func loop() -> Int32 {
        while true {
            do {
                armTimer()
                for raw in try epoll.wait() {
                    if let token = EventToken(raw: raw) { handle(token) }
                }
            } catch {
                log(error.sentence)
            }
            if let exitStatus { return exitStatus }
        }
    }

    private func armTimer() {
        let earliest = deadlines.earliest
        if earliest == timerTime { return }
        timer.arm(at: earliest)
        timerTime = earliest
    }

    private func handle(_ token: EventToken) {
        switch token.kind {
        case .signals: handleSignals()
        case .timer: handleTimer()
        case .listener: acceptClients()
        case .client: readClient(token.identifier)
        case .ghost: readGhost(token.identifier)
        case .job: readJob(token.identifier)
        case .output: readOutput(token.identifier)
        case .readiness: readReadiness(token.identifier)
        case .notify: readNotifications()
        case .standardError: standardErrorHasRoom()
        }
    }

    private func handleSignals() {
        while let record = signals.next() {
            switch Int32(record.ssi_signo) {
            case SIGCHLD: reap()
            case SIGHUP: reloadServices()
            case let number: stopIfAsked(by: number)
            }
        }
    }

    private func handleTimer() {
        timer.acknowledge()
        timerTime = nil
        for purpose in deadlines.takeExpired(now: monotonicMilliseconds()) {
            switch purpose {
            case .sessionStart(let identifier):
                if let session = sessions.session(identifier) { startSession(session) }
            case .ghostLock: killGhost()
            case .standby: startStandby()
            case .stopping: advanceStop()
            case .job(let identifier): killJob(identifier)
            case .serviceStart(let identifier):
                if let service = services.service(identifier), stopping == nil { start(service) }
            case .serviceStop(let identifier): killService(identifier)
            case .serviceReadiness(let identifier): lookAtReadiness(identifier)
            }
        }
    }

    /// Reaps all that has ended: several ends make one SIGCHLD (signal(7)).
    private func reap() {
        while true {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, WNOHANG)
            if pid < 0 && clinux_errno() == EINTR { continue }
            if pid <= 0 { break }
            if ghost?.pid == pid {
                ghostEnded(status)
            } else if standby?.pid == pid {
                standby = nil
            } else if trialPID == pid {
                trialPID = nil
            } else if sessions.serverPID == pid {
                sessionServerEnded()
            } else if !serviceProcessEnded(pid, status) {
                jobEnded(pid, status)
            }
        }
        finishStopsThatAreOver()
        if stopping != nil { stopIfAllEnded() }
    }

    /// A number for a client, a ghost or a job, never given out before (in 4 thousand million).
    func nextIdentifier() -> UInt32 {
        lastIdentifier &+= 1
        return lastIdentifier
    }
}
