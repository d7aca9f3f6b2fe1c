import CLinux
import Linux

/// Reaps all that has ended: several ends make one SIGCHLD (signal(7)).
struct Reaper {
    /// What one round found.
    struct Reaped {
        /// The command's wait status, if it ended.
        var status: Int32?
        /// What stopped the command.
        var stop: Int32?
        /// Whether there are children left.
        var hasChildren = true
    }

    private let options: RunOptions
    private let command: pid_t?
    private let flags: Int32

    init(_ options: RunOptions, command: pid_t? = nil, seesStops: Bool = false) {
        self.options = options
        self.command = command
        flags = seesStops ? WNOHANG | WUNTRACED : WNOHANG
    }

    @discardableResult
    func reap() -> Reaped {
        var result = Reaped()
        while true {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, flags)
            if pid < 0 && clinux_errno() == EINTR { continue }
            if pid <= 0 {
                result.hasChildren = pid == 0
                return result
            }
            note(pid, status, &result)
        }
    }

    private func note(_ pid: pid_t, _ status: Int32, _ result: inout Reaped) {
        if clinux_stopped(status) {
            if pid == command { result.stop = clinux_stop_signal(status) }
        } else if pid == command {
            if options.verbosity > 1 { log(sentence("the command ended with status \(exitStatus(status))")) }
            result.status = status
        } else if options.warnsOnReap || options.verbosity > 1 {
            log(sentence("Reaped zombie process with pid=\(pid)"))
        }
    }
}
