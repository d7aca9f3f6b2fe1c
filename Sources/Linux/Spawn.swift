import CLinux

/// Starts a child as `plan` says, and returns when it runs its program.
///
/// - Throws: the child's own error, with its errno, when it could not get as far as its program.
public func spawn(_ plan: SpawnPlan) throws(SystemError) -> pid_t {
    let prepared = PreparedChild(plan)
    let report = try Pipe()
    let pid = clinux_fork()
    if pid < 0 { throw SystemError.last(startStage) }
    if pid == 0 { prepared.becomeProgram(reportingTo: report.writing.raw, gate: nil) }
    return try PreparedChild.waitForProgram(pid, report.keepReading())
}

let startStage = "start a process"

extension SystemError {
    /// Whether ``spawn(_:)`` failed at the program itself and not before it.
    public var isOfProgram: Bool { sameText(stage, PreparedChild.runStage) }

    /// Whether ``spawnInUserNamespace(_:)`` failed because the child may not make one.
    public var isOfUserNamespace: Bool { sameText(stage, PreparedChild.userNamespaceStage) }
}
