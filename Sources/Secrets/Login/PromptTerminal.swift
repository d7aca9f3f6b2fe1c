import CLinux
import Linux

/// The terminal on which something is asked.
enum PromptTerminal {
    /// Our input where that is one: what is run in a ghost from outside has its caller's, which does not control its session.
    /// Else the controlling one.
    ///
    /// - Returns: nil where nobody is there.
    static func open() -> Descriptor? {
        if isatty(STDIN_FILENO) == 1 {
            let copy = clinux_fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
            return copy < 0 ? nil : Descriptor(owning: copy)
        }
        return try? Descriptor.open("/dev/tty", O_RDWR | O_NOCTTY, stage: "open the terminal")
    }
}
