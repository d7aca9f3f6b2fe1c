import CLinux
import Linux

/// The terminal of whoever runs us: the controlling one, or our input, since a command that is run in a ghost from outside has its
/// terminal but not its session.
enum PromptTerminal {
    static func open() -> Descriptor? {
        if let terminal = try? Descriptor.open("/dev/tty", O_RDWR | O_NOCTTY, stage: "open the terminal") { return terminal }
        guard isatty(STDIN_FILENO) == 1 else { return nil }
        let copy = clinux_fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
        return copy < 0 ? nil : Descriptor(owning: copy)
    }
}
