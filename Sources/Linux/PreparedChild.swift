import CLinux

/// A plan in the form that the code between fork and exec can use: nothing there may allocate or lock
/// (signal-safety(7)).
struct PreparedChild: ~Copyable {
    static let runStage = "run the program"
    static let userNamespaceStage = "make a user namespace"

    enum Step: Int32 {
        case userNamespace, session, directory, descriptors, privileges, identity, signals, exec

        var stage: String {
            switch self {
            case .userNamespace: PreparedChild.userNamespaceStage
            case .session: "put the process in its own session"
            case .directory: "enter the working directory"
            case .descriptors: "hand over descriptors"
            case .privileges: "give up privileges"
            case .identity: "become the user"
            case .signals: "set signals"
            case .exec: PreparedChild.runStage
            }
        }
    }

    struct Failure {
        var step: Step
        var errno: Int32
    }

    private let paths: CStringArray
    /// `/bin/sh`, room for a path, and the arguments: how a script without a #! line is run.
    private let shellArguments: CStringArray
    private let listenPID: ListenPID?
    private let arguments: CStringArray
    private let environment: CStringArray
    private let directory: CStringArray
    private let descriptors: UnsafeMutableBufferPointer<Int32>?
    private let groups: UnsafeMutableBufferPointer<gid_t>
    private let identity: (uid: uid_t, gid: gid_t)?
    private let group: SpawnPlan.Group
    private let mask: SignalSet
    private let resetsSignals: Bool
    private let ignoredAgain: SignalSet
    private let privileges: SpawnPlan.Privileges
    private let endsWithParent: Bool

    init(_ plan: SpawnPlan) {
        paths = CStringArray(ProgramSearch(plan.program, environment: plan.environment).paths)
        arguments = CStringArray(plan.arguments)
        shellArguments = CStringArray(utf8("/bin/sh", "") + plan.arguments.dropFirst())
        environment = CStringArray(plan.environment)
        listenPID = plan.passesListenPID ? ListenPID(in: plan.environment, naming: getpid()) : nil
        directory = CStringArray([plan.directory, plan.fallbackDirectory].compactMap { $0 })
        if case .only(let numbers) = plan.descriptors { descriptors = .copy(numbers) } else { descriptors = nil }
        groups = .copy(plan.account?.groups ?? [])
        identity = plan.account.map { ($0.uid, $0.gid) }
        group = plan.group
        mask = plan.signalMask
        ignoredAgain = plan.ignoredAgain
        privileges = plan.privileges
        endsWithParent = plan.endsWithParent
        if case .none = plan.ignoredSignals { resetsSignals = true } else { resetsSignals = false }
    }

    deinit {
        descriptors?.deallocate()
        listenPID?.deallocate()
        groups.deallocate()
    }

    /// Waits until `pid` runs its program, and reaps it if it never will.
    static func waitForProgram(_ pid: pid_t, _ report: consuming Descriptor) throws(SystemError) -> pid_t {
        var failure = Failure(step: .exec, errno: 0)
        let size = MemoryLayout<Failure>.size
        var count = 0
        repeat { count = read(report.raw, &failure, size) } while count < 0 && clinux_errno() == EINTR
        if count != size { return pid }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && clinux_errno() == EINTR {}
        throw SystemError(failure.step.stage, errno: failure.errno)
    }

    /// The child's end of the socket at which it waits for its ids, and the parent's, which it has too.
    typealias Gate = (theirs: Int32, ours: Int32)

    /// Runs in the child, and never returns.
    func becomeProgram(reportingTo report: Int32, gate: Gate?) {
        if let gate, !enterUserNamespace(gate) {
            var failure = Failure(step: .userNamespace, errno: clinux_errno())
            _ = write(report, &failure, MemoryLayout<Failure>.size)
            _exit(127)
        }
        // Above every descriptor that the child is handed, so that none of them can land on it.
        let reportNumber = clinux_fcntl(report, F_DUPFD_CLOEXEC, (descriptors?.count ?? 0) + 1)
        let step = reportNumber < 0 ? Step.descriptors : failingStep(keeping: reportNumber)
        var failure = Failure(step: step, errno: clinux_errno())
        _ = write(reportNumber, &failure, MemoryLayout<Failure>.size)
        _exit(127)
    }

    /// Makes a user namespace, says so, and waits until its ids are mapped.
    private func enterUserNamespace(_ gate: Gate) -> Bool {
        // Else we would not notice that the parent has gone.
        _ = close(gate.ours)
        var byte: UInt8 = 0
        guard clinux_unshare(CLONE_NEWUSER) == 0, write(gate.theirs, &byte, 1) == 1 else { return false }
        var count = 0
        repeat { count = read(gate.theirs, &byte, 1) } while count < 0 && clinux_errno() == EINTR
        return count == 1
    }

    /// Returns only when a step failed.
    private func failingStep(keeping report: Int32) -> Step {
        switch group {
        case .inherited: break
        case .session, .terminalSession: if setsid() < 0 { return .session }
        case .processGroup(let terminal):
            let isInForeground = terminal.map { tcgetpgrp($0) == getpgrp() } ?? false
            if setpgid(0, 0) < 0 { return .session }
            // The child does it, so that it cannot run before it has the foreground; its signals are still blocked.
            if isInForeground, let terminal { _ = tcsetpgrp(terminal, getpgrp()) }
        case .sessionOnTerminal(let terminal):
            if setsid() < 0 { return .session }
            _ = clinux_make_controlling_terminal(terminal)
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
        // A change of user would clear it.
        if endsWithParent, clinux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0) != 0 { return .identity }
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
        if ignoredAgain.raw != 0 {
            for number in SignalNumbers.all where ignoredAgain.contains(number) { _ = clinux_signal_ignore(number) }
        }
        listenPID?.write(getpid(), into: environment.pointer)
        var raw = mask.raw
        guard clinux_set_signal_mask(&raw, nil) == 0 else { return .signals }
        runProgram()
        return .exec
    }

    /// Tries one path after the other, as execvp(3) of glibc does; returns with the errno of the failure that counts.
    private func runProgram() {
        var isForbidden = false
        var index = 0
        while let path = paths.pointer[index] {
            clinux_exec_path(path, arguments.pointer, environment.pointer)
            if clinux_errno() == ENOEXEC, let shell = shellArguments.pointer[0] {
                shellArguments.pointer[1] = path
                clinux_exec_path(shell, shellArguments.pointer, environment.pointer)
                return
            }
            switch clinux_errno() {
            case EACCES: isForbidden = true
            case ENOENT, ENOTDIR, ESTALE, ENODEV, ETIMEDOUT: break
            default: return
            }
            index += 1
        }
        if isForbidden { clinux_set_errno(EACCES) }
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
