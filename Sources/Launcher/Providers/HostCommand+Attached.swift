import CLinux
import Linux

extension HostCommand {
    /// Starts it on these three descriptors and in the folder `directory`. The caller waits for it with `end(of:)`, on the same
    /// thread where it `endsWithUs`.
    func start(
        input: Int32, output: Int32, errors: Int32, directory: String? = nil, endsWithUs: Bool = false
    ) throws(SystemError) -> pid_t {
        var plan = SpawnPlan(arguments, environment: variables.map { [UInt8]("\($0.key)=\($0.value)".utf8) })
        plan.signalMask = InheritedSignals.mask
        plan.descriptors = .only([input, output, errors])
        plan.directory = directory
        plan.endsWithParent = endsWithUs
        if joinsPod { try SessionKeyring.leave() }
        return try spawn(plan)
    }

    /// Waits for a program's end, however long that takes.
    ///
    /// - Returns: its status as a shell gives it.
    static func end(of pid: pid_t) throws(SystemError) -> Int32 {
        var status: Int32 = 0
        try retrying("wait for a program") { waitpid(pid, &status, 0) }
        return exitStatus(status)
    }
}
