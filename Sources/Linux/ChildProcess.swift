import CLinux

/// A child of this process, which has to wait for it once.
public struct ChildProcess: Equatable {
    public let pid: pid_t

    public init(pid: pid_t) {
        self.pid = pid
    }

    /// fork(2), with `body` as all that the child does; its result is the child's exit status. Only for a process of one
    /// thread.
    ///
    /// - Parameter name: What ps(1) calls the child.
    public static func fork(_ name: String, _ body: () -> Int32) throws(SystemError) -> ChildProcess {
        let pid = clinux_fork()
        if pid < 0 { throw SystemError.last("start the process \(name)") }
        if pid == 0 {
            clinux_set_process_name(name)
            _exit(body())
        }
        return ChildProcess(pid: pid)
    }

    public func kill(_ signal: Int32) {
        _ = CLinux.kill(pid, signal)
    }

    /// Whether the child has ended. It stays to be reaped (waitid(2), WNOWAIT).
    public var hasEnded: Bool {
        var information = siginfo_t()
        return waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT) == 0 && information.si_signo == SIGCHLD
    }

    /// Waits up to `milliseconds` for the child's end, and reaps it.
    ///
    /// - Returns: its status as a shell gives it, or nil if it still runs.
    public func wait(milliseconds: Int32) -> Int32? {
        let raw = clinux_pidfd_open(pid, 0)
        if raw >= 0 {
            let descriptor = Descriptor(owning: raw)
            var watched = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
            _ = poll(&watched, 1, milliseconds)
        }
        var status: Int32 = 0
        return waitpid(pid, &status, WNOHANG) == pid ? exitStatus(status) : nil
    }

    /// Kills the child and waits for its end, which SIGKILL makes certain.
    public func end() {
        kill(SIGKILL)
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && clinux_errno() == EINTR {}
    }
}
