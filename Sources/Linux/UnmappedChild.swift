import CLinux

/// Starts a child of `plan` that makes a user namespace of its own, and waits there: it has no ids yet (user_namespaces(7)).
///
/// - Throws: the child's own error, with its errno, when it may not make one.
public func spawnInUserNamespace(_ plan: SpawnPlan) throws(SystemError) -> UnmappedChild {
    var plan = plan
    plan.account = .namespaceRoot
    let prepared = PreparedChild(plan)
    let report = try Pipe()
    let gate = try MessageSocketPair()
    let pid = clinux_fork()
    if pid < 0 { throw SystemError.last(startStage) }
    if pid == 0 {
        prepared.becomeProgram(
            reportingTo: report.writing.raw, gate: (gate.theirs.descriptor.raw, gate.ours.descriptor.raw))
    }
    let child = UnmappedChild(pid: pid, report: report.keepReading(), gate: gate.keepOurs())
    guard child.hasNamespace() else { throw child.failure() }
    return child
}

/// A child in a user namespace whose ids somebody has to map, to become root there and run its program.
public struct UnmappedChild: ~Copyable {
    public let pid: pid_t
    private let report: Descriptor
    private let gate: MessageSocket

    fileprivate init(pid: pid_t, report: consuming Descriptor, gate: consuming MessageSocket) {
        self.pid = pid
        self.report = report
        self.gate = gate
    }

    fileprivate func hasNamespace() -> Bool {
        guard case .message? = try? gate.receive(capacity: 1) else { return false }
        return true
    }

    fileprivate consuming func failure() -> SystemError {
        do throws(SystemError) {
            _ = try PreparedChild.waitForProgram(pid, report)
        } catch {
            return error
        }
        ChildProcess(pid: pid).end()
        return SystemError(startStage, errno: ECHILD)
    }

    /// Returns when it runs its program.
    ///
    /// - Throws: the child's own error, when it could not get as far.
    public consuming func run() throws(SystemError) -> pid_t {
        try gate.send([0])
        return try PreparedChild.waitForProgram(pid, report)
    }

    /// Ends it before it has run anything.
    public consuming func abandon() {
        ChildProcess(pid: pid).end()
    }
}
