import CLinux

/// Everything about a child process that is settled before it exists.
public struct SpawnPlan {
    /// What the child's process group, session and terminal are.
    public enum Group {
        /// The parent's own.
        case inherited
        /// A new process group, in the foreground of the terminal `foreground` if that is one.
        case processGroup(foreground: Int32?)
        /// A new session, without a terminal.
        case session
        /// A new session whose terminal is the child's descriptor 0.
        case terminalSession
    }

    /// Which descriptors the child has.
    public enum Descriptors {
        /// All of ours that are not close-on-exec.
        case inherited
        /// These, which become the child's 0, 1, 2, …; everything else is closed.
        case only([Int32])
    }

    /// What the child, and whatever it runs, may do beyond its user id (capabilities(7), prctl(2)).
    public enum Privileges {
        case inherited
        /// No capability, and none to be gained by a setuid program: the bounding set is empty and no_new_privs set.
        case none
        /// The same, but for one capability of a child that stays root.
        case only(UInt)
    }

    /// What the child does with signals whose action is not the default.
    public enum IgnoredSignals {
        /// As we were started.
        case inherited
        case none
    }

    /// The program; without a slash it is looked for along PATH of `environment`.
    public var program: [UInt8]
    public var arguments: [[UInt8]]
    public var environment: [[UInt8]]
    /// Who the child is; nil keeps our own ids and groups.
    public var account: Account?
    /// Where the child starts; nil keeps our place.
    public var directory: String?
    /// Where it starts if it may not enter `directory`.
    public var fallbackDirectory: String?
    public var descriptors: Descriptors
    public var group: Group
    public var signalMask: SignalSet
    public var ignoredSignals: IgnoredSignals
    public var privileges: Privileges

    public init(program: [UInt8], arguments: [[UInt8]], environment: [[UInt8]]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        account = nil
        directory = nil
        fallbackDirectory = nil
        descriptors = .inherited
        group = .inherited
        signalMask = SignalSet()
        ignoredSignals = .none
        privileges = .inherited
    }

    public init(_ arguments: [String], environment: [[UInt8]]) {
        let bytes = arguments.map { [UInt8]($0.utf8) }
        self.init(program: bytes.first ?? [], arguments: bytes, environment: environment)
    }
}

/// Starts a child as `plan` says, and returns when it runs its program.
///
/// - Throws: the child's own error, with its errno, when it could not get as far as its program.
public func spawn(_ plan: SpawnPlan) throws(SystemError) -> pid_t {
    let prepared = PreparedChild(plan)
    let report = try Pipe()
    let pid = clinux_fork()
    if pid < 0 { throw SystemError.last("start a process") }
    if pid == 0 { prepared.becomeProgram(reportingTo: report.writing.raw) }

    let reading = report.keepReading()
    var failure = PreparedChild.Failure(step: .exec, errno: 0)
    let size = MemoryLayout<PreparedChild.Failure>.size
    var count = 0
    repeat { count = read(reading.raw, &failure, size) } while count < 0 && clinux_errno() == EINTR
    if count != size { return pid }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && clinux_errno() == EINTR {}
    throw SystemError(failure.step.stage, errno: failure.errno)
}

/// A plan in the form that the code between fork and exec can use: nothing there may allocate or lock
/// (signal-safety(7)).
private struct PreparedChild: ~Copyable {
    enum Step: Int32 {
        case session, directory, descriptors, privileges, identity, signals, exec

        var stage: String {
            switch self {
            case .session: "put the process in its own session"
            case .directory: "enter the working directory"
            case .descriptors: "hand over descriptors"
            case .privileges: "give up privileges"
            case .identity: "become the user"
            case .signals: "set signals"
            case .exec: "run the program"
            }
        }
    }

    struct Failure {
        var step: Step
        var errno: Int32
    }

    private let program: CStringArray
    private let arguments: CStringArray
    private let environment: CStringArray
    private let directory: CStringArray
    private let descriptors: UnsafeMutableBufferPointer<Int32>?
    private let groups: UnsafeMutableBufferPointer<gid_t>
    private let identity: (uid: uid_t, gid: gid_t)?
    private let group: SpawnPlan.Group
    private let mask: SignalSet
    private let resetsSignals: Bool
    private let privileges: SpawnPlan.Privileges

    init(_ plan: SpawnPlan) {
        program = CStringArray([plan.program])
        arguments = CStringArray(plan.arguments)
        environment = CStringArray(plan.environment)
        directory = CStringArray([plan.directory, plan.fallbackDirectory].compactMap { $0 })
        if case .only(let numbers) = plan.descriptors { descriptors = .copy(numbers) } else { descriptors = nil }
        groups = .copy(plan.account?.groups ?? [])
        identity = plan.account.map { ($0.uid, $0.gid) }
        group = plan.group
        mask = plan.signalMask
        privileges = plan.privileges
        if case .none = plan.ignoredSignals { resetsSignals = true } else { resetsSignals = false }
    }

    deinit {
        descriptors?.deallocate()
        groups.deallocate()
    }

    /// Runs in the child, and never returns.
    func becomeProgram(reportingTo report: Int32) {
        // Above every descriptor that the child is handed, so that none of them can land on it.
        let reportNumber = clinux_fcntl(report, F_DUPFD_CLOEXEC, (descriptors?.count ?? 0) + 1)
        let step = reportNumber < 0 ? Step.descriptors : failingStep(keeping: reportNumber)
        var failure = Failure(step: step, errno: clinux_errno())
        _ = write(reportNumber, &failure, MemoryLayout<Failure>.size)
        _exit(127)
    }

    /// Returns only when a step failed.
    private func failingStep(keeping report: Int32) -> Step {
        switch group {
        case .inherited: break
        case .session, .terminalSession: if setsid() < 0 { return .session }
        case .processGroup(let terminal):
            if setpgid(0, 0) < 0 { return .session }
            // No terminal, or not ours, is no error: there is then no foreground to take.
            if let terminal { _ = tcsetpgrp(terminal, getpgrp()) }
        }
        if let descriptors, !handOver(descriptors, keeping: report) { return .descriptors }
        if case .terminalSession = group, clinux_make_controlling_terminal(STDIN_FILENO) < 0 { return .session }
        switch privileges {
        case .inherited: break
        case .none: if !dropPrivileges(except: nil) { return .privileges }
        case .only(let capability): if !dropPrivileges(except: capability) { return .privileges }
        }
        if let identity {
            guard setgroups(groups.count, groups.baseAddress) == 0,
                setresgid(identity.gid, identity.gid, identity.gid) == 0,
                setresuid(identity.uid, identity.uid, identity.uid) == 0
            else { return .identity }
        }
        if let path = directory.pointer[0], chdir(path) < 0 {
            guard let fallback = directory.pointer[1], chdir(fallback) == 0 else { return .directory }
        }
        if resetsSignals {
            var number: Int32 = 1
            while number <= 64 {
                _ = clinux_signal_default(number)
                number += 1
            }
        }
        var raw = mask.raw
        guard clinux_set_signal_mask(&raw, nil) == 0 else { return .signals }
        if let path = program.pointer[0] { clinux_exec(path, arguments.pointer, environment.pointer) }
        return .exec
    }

    private func dropPrivileges(except kept: UInt?) -> Bool {
        var capability: UInt = 0
        // The first number the kernel does not know ends the list. Without CAP_SETPCAP there is nothing to drop with; then
        // no_new_privs, which needs nothing, does it for every program but one that starts as root.
        while clinux_prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0 {
            let isKept = kept.map { $0 == capability } ?? false
            if !isKept, clinux_prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0, clinux_errno() != EPERM { return false }
            capability += 1
        }
        return clinux_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    }

    /// Lifts every descriptor out of the way first, so that a permutation cannot overwrite one still to be moved.
    private func handOver(_ numbers: UnsafeMutableBufferPointer<Int32>, keeping report: Int32) -> Bool {
        for index in 0..<numbers.count {
            numbers[index] = clinux_fcntl(numbers[index], F_DUPFD_CLOEXEC, numbers.count)
            if numbers[index] < 0 { return false }
        }
        for index in 0..<numbers.count where dup2(numbers[index], Int32(index)) < 0 { return false }
        return clinux_close_range(UInt32(numbers.count), UInt32.max, CLINUX_CLOSE_RANGE_CLOEXEC) == 0
    }
}

extension UnsafeMutableBufferPointer where Element: BitwiseCopyable {
    fileprivate static func copy(_ elements: [Element]) -> Self {
        let buffer = allocate(capacity: elements.count)
        _ = buffer.initialize(from: elements)
        return buffer
    }
}
