import CLinux
import Contract
import Linux

extension GhostCalls {
    /// Calls that are refused for one reason: whatever their arguments, or for some of them.
    struct Refused {
        let group: RefusedCalls
        let reason: String
        var calls: [String] = []
        var byArgument: [SystemCallFilter.Rule] = []
    }

    /// docs/security.md shows the same table.
    static let refused: [Refused] = [
        Refused(
            group: .terminals,
            reason: """
                TIOCSTI and TIOCLINUX type into a terminal for its owner: the client's shell outside would run it (ioctl_tty(2)). \
                TIOCSETD makes the kernel load seldom used line disciplines
                """,
            byArgument: [UInt32(TIOCSTI), UInt32(TIOCLINUX), UInt32(TIOCSETD)].map { request in
                refused("ioctl", .bits(argument: 1, mask: .max, value: request))
            }),
        Refused(
            group: .mounts,
            reason: "the enclave's mounts are finished; another could cover or uncover what keeps the vault inside",
            calls: [
                "fsconfig", "fsmount", "fsopen", "fspick", "mount", "mount_setattr", "move_mount", "open_tree", "pivot_root",
                "umount", "umount2",
            ]),
        Refused(
            group: .userNamespaces,
            reason:
                "a namespace of its own gives a process every capability in it, and with them large parts of the kernel to attack",
            calls: ["chroot", "setns", "unshare"],
            byArgument: [
                CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET,
            ].map { flag in
                refused("clone", .bits(argument: 0, mask: UInt32(flag), value: UInt32(flag)))
            }),
        Refused(
            group: .fileHandles, reason: "handles reach past a mount's root; they take a capability that no ghost has",
            calls: ["name_to_handle_at", "open_by_handle_at"]),
        Refused(
            group: .keyrings,
            reason:
                "a keyring that came from outside the enclave is a way to hand secrets out; the kernel's part of it was broken before",
            calls: ["add_key", "keyctl", "request_key"]),
        Refused(
            group: .ioUring,
            reason: "a second way to nearly every call, past this filter; the kernel's part of it was broken often",
            calls: ["io_uring_enter", "io_uring_register", "io_uring_setup"]),
        Refused(
            group: .userfaultfd, reason: "stops the kernel at a moment of choice, which makes its races winnable",
            calls: ["userfaultfd"]),
        Refused(group: .bpf, reason: "programs for the kernel to run; its verifier was broken often", calls: ["bpf"]),
        Refused(
            group: .perfEvents, reason: "counts and samples what the processor does, also for others; was broken before",
            calls: ["perf_event_open"]),
        Refused(
            group: .sockets,
            reason: """
                families but Unix, IPv4, IPv6 and netlink: AF_VSOCK talks to the hypervisor past every network rule, AF_ALG, AF_PACKET \
                and seldom used ones were broken before
                """,
            byArgument: otherFamilies.map { refused("socket", $0) }),
        Refused(
            group: .memoryPolicy, reason: "where memory lies on a large machine; seldom needed, and was broken before",
            calls: [
                "get_mempolicy", "mbind", "migrate_pages", "move_pages", "set_mempolicy", "set_mempolicy_home_node",
            ]),
        Refused(
            group: .clocks, reason: "the machine's clock is not the ghost's to set",
            calls: ["adjtimex", "clock_adjtime", "clock_settime", "settimeofday"]),
        Refused(
            group: .machine,
            reason: "the machine's own: another kernel, modules, swap, quotas, names, ports, logs, whole file systems",
            calls: [
                "acct", "delete_module", "fanotify_init", "fanotify_mark", "finit_module", "init_module", "ioperm", "iopl",
                "kexec_file_load", "kexec_load", "quotactl", "quotactl_fd", "reboot", "setdomainname", "sethostname", "swapoff",
                "swapon", "syslog", "vhangup",
            ]),
        Refused(
            group: .obsolete, reason: "no program of today calls them; some are only there to be broken",
            calls: [
                "_sysctl", "afs_syscall", "create_module", "epoll_ctl_old", "epoll_wait_old", "get_kernel_syms",
                "get_thread_area",
                "getpmsg", "lookup_dcookie", "modify_ldt", "nfsservctl", "putpmsg", "query_module", "remap_file_pages",
                "security",
                "set_thread_area", "sysfs", "tuxcall", "uselib", "ustat", "vserver",
            ]),
        Refused(
            group: .foreignArchitectures,
            reason:
                "i386's and x32's numbers for the same calls are a second door, which these tables do not watch: all are refused"),
    ]

    /// Its flags are in memory, where no filter sees them. Answered as not there, the C library falls back to clone, whose
    /// flags are in a register.
    static let unavailable = ["clone3"]

    private static func refused(_ call: String, _ comparison: SystemCallFilter.Comparison) -> SystemCallFilter.Rule {
        SystemCallFilter.Rule(call: call, answer: .refused, comparison: comparison)
    }

    private static let families = [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK].map { UInt32($0) }

    /// A filter can compare for "is", and for "more than", but not for "is none of".
    private static var otherFamilies: [SystemCallFilter.Comparison] {
        let last = families.max() ?? 0
        return (0...last).filter { !families.contains($0) }.map { .bits(argument: 0, mask: .max, value: $0) }
            + [.above(argument: 0, value: UInt64(last))]
    }
}
