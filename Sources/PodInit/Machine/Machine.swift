import CLinux
import Linux

/// The machine itself, when we are the PID 1 that its kernel started: of a virtual machine, say.
struct Machine {
    /// What is left to do when all processes have ended.
    enum End {
        case powerOff, halt, reboot
    }

    /// The inode number of the PID namespace that the kernel starts with (PROC_PID_INIT_INO, include/linux/proc_ns.h).
    private static let firstNamespace = "pid:[4026531836]"

    /// Does for PID 1 what nobody did before it: opens its standard descriptors, and mounts what is missing.
    ///
    /// - Returns: the machine, if there is one to end; nil in a container.
    static func prepare() -> Machine? {
        openStandardDescriptors()
        guard getpid() == 1 else { return nil }
        for mount in MissingMount.all { mount.makeIfMissing() }
        guard let namespace = try? linkTarget("/proc/self/ns/pid", stage: "find our PID namespace"),
            sameText(namespace, firstNamespace)
        else { return nil }
        // Control-Alt-Delete becomes a SIGINT to us (reboot(2)).
        _ = reboot(CLINUX_REBOOT_ASK_INIT)
        return Machine()
    }

    /// A descriptor below 3 that is not open would soon be something else, and messages would go into it.
    private static func openStandardDescriptors() {
        for number in STDIN_FILENO...STDERR_FILENO where clinux_fcntl(number, F_GETFD, 0) < 0 {
            // The lowest number that is free is the one that was closed. Not ours alone: children have it too.
            // The console is the machine's; a process among others has no business there, and nobody gets it as its terminal so.
            let isConsole = getpid() == 1 && clinux_open("/dev/console", O_RDWR | O_NOCTTY, 0) >= 0
            if !isConsole { _ = clinux_open("/dev/null", O_RDWR, 0) }
        }
    }

    /// Ends the machine. Returns only if the kernel refuses.
    func end(_ how: End) {
        sync()
        switch how {
        case .powerOff: _ = reboot(CLINUX_REBOOT_POWER_OFF)
        case .halt: _ = reboot(CLINUX_REBOOT_HALT)
        case .reboot: _ = reboot(CLINUX_REBOOT_RESTART)
        }
        log("cannot end the machine: \(describe(errno: clinux_errno()))")
    }
}
