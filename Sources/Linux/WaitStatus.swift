import CLinux

/// A wait(2) status as a shell gives it: the exit status, or 128 and the number of the signal that ended the process.
public func exitStatus(_ waitStatus: Int32) -> Int32 {
    clinux_signaled(waitStatus) ? 128 + clinux_term_signal(waitStatus) : clinux_exit_status(waitStatus)
}
