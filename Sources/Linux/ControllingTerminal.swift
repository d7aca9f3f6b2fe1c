import CLinux

/// The terminal whose foreground process group gets what is typed, and who of us and our child that is (tcsetpgrp(3)).
public struct ControllingTerminal {
    /// Its descriptor, close-on-exec and open as long as this process runs.
    public let raw: Int32

    /// Our controlling terminal; nil when we have none, or when what is typed there is not meant for us: a shell without job
    /// control gives /dev/null to what it starts in the background.
    ///
    /// /dev/tty is it whatever was redirected; where a container has no such file, one of the standard descriptors may be.
    public static func open() -> ControllingTerminal? {
        if !clinux_can_read(STDIN_FILENO) { return nil }
        let raw = clinux_open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC, 0)
        if raw >= 0 {
            // Not on 0, 1 or 2, which the child would inherit if they had been closed.
            let opened = Descriptor(owning: raw)
            return ControllingTerminal(owning: clinux_fcntl(opened.raw, F_DUPFD_CLOEXEC, 3))
        }
        for number in STDIN_FILENO...STDERR_FILENO where tcgetpgrp(number) >= 0 {
            return ControllingTerminal(owning: clinux_fcntl(number, F_DUPFD_CLOEXEC, 3))
        }
        return nil
    }

    private init?(owning raw: Int32) {
        if raw < 0 { return nil }
        self.raw = raw
    }

    /// Gives the foreground to `group` if it is ours to give: never away from somebody else.
    ///
    /// - Returns: whether `group` has it now.
    @discardableResult
    public func handOver(to group: pid_t) -> Bool {
        switch tcgetpgrp(raw) {
        case group: return true
        case getpgrp(): return tcsetpgrp(raw, group) == 0
        default: return false
        }
    }

    /// Takes the foreground back from `group`, or from a group that has ended. SIGTTOU must be blocked.
    public func takeBack(from group: pid_t) {
        let foreground = tcgetpgrp(raw)
        if foreground <= 0 || foreground == getpgrp() { return }
        let isEmpty = kill(-foreground, 0) != 0 && clinux_errno() == ESRCH
        if foreground == group || isEmpty { _ = tcsetpgrp(raw, getpgrp()) }
    }

    /// Ends our session's hold on the terminal, if we lead the session, so that another can have it (ioctl_tty(2), TIOCNOTTY).
    ///
    /// - Returns: whether the terminal is free now.
    public func giveUp() -> Bool {
        getsid(0) == getpid() && clinux_give_terminal_up(raw) == 0
    }
}
