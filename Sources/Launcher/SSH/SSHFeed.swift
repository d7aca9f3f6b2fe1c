import CLinux
import Contract
import Linux
import Logging

/// Puts the keys ahead of what ssh says: an engine's exec has one standard input.
enum SSHFeed {
    /// From now on our standard input is a pipe, in which cat(1) puts the keys and then what our input was.
    ///
    /// It ends when ssh does: either it reads the end, or nobody reads what it writes.
    static func begin(with keys: SSHKeys, log: Logger) throws(Failure) {
        let command = HostCommand(arguments: ["cat", "--", keys.authorizedKey, keys.hostKey, "-"])
        log.debug("running \(command.description)")
        var plan = SpawnPlan(command.arguments, environment: command.variables.map { [UInt8]("\($0.key)=\($0.value)".utf8) })
        plan.signalMask = InheritedSignals.mask
        try failing(.provider) { () throws(SystemError) in
            let pipe = try Pipe()
            plan.descriptors = .only([STDIN_FILENO, pipe.writing.raw, STDERR_FILENO])
            _ = try spawn(plan)
            try retrying("take over our input") { dup2(pipe.reading.raw, STDIN_FILENO) }
        }
    }
}
