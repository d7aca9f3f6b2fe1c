import CLinux
import CSeccomp
import Contract
import Linux

/// A seccomp filter (seccomp(2)) as a plain list, by the names of system calls. What it refuses fails with EPERM; calls of
/// another architecture than ours are refused altogether.
struct SystemCallFilter {
    /// A call that is decided by the low 32 bits of one argument: the kernel reads no more of an ioctl's number or clone's flags.
    struct ArgumentRule {
        var call: String
        var argument: UInt32
        var mask: UInt64
        var value: UInt64
    }

    /// The listed calls are the only ones allowed, or the only ones refused.
    var isAllowList: Bool
    var calls: [String]
    /// Refused by their argument; only beside a list of refused calls.
    var refusedArguments: [ArgumentRule] = []
    /// Answered with ENOSYS, so that the C library falls back to a call that the filter can look into.
    var unavailable: [String] = []

    /// Puts the filter on this process and all that it starts; no_new_privs comes with it. There is no way back.
    func load() throws(Failure) {
        try failing(.refused, next: "the kernel must support seccomp") { () throws(SystemError) in
            let refuse = SystemCallFilter.error(EPERM)
            let context = seccomp_init(isAllowList ? refuse : SystemCallFilter.allow)
            guard let context else { throw SystemError("make a system call filter", errno: ENOMEM) }
            defer { seccomp_release(context) }
            try check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, refuse))
            for call in calls { try add(context, isAllowList ? SystemCallFilter.allow : refuse, call, []) }
            for call in unavailable { try add(context, SystemCallFilter.error(ENOSYS), call, []) }
            for rule in refusedArguments {
                let comparison = scmp_arg_cmp(
                    arg: rule.argument, op: SCMP_CMP_MASKED_EQ, datum_a: rule.mask, datum_b: rule.value)
                try add(context, refuse, rule.call, [comparison])
            }
            try check(seccomp_load(context))
        }
    }

    private static let allow: UInt32 = 0x7fff_0000  // SCMP_ACT_ALLOW

    /// SCMP_ACT_ERRNO of seccomp_init(3), a macro.
    private static func error(_ errno: Int32) -> UInt32 {
        0x0005_0000 | UInt32(errno)
    }

    /// A name that this architecture or library does not know needs no rule.
    private func add(
        _ context: scmp_filter_ctx, _ action: UInt32, _ call: String, _ comparisons: [scmp_arg_cmp]
    ) throws(SystemError) {
        let number = seccomp_syscall_resolve_name(call)
        if number < 0 { return }
        try check(seccomp_rule_add_array(context, action, number, UInt32(comparisons.count), comparisons))
    }

    private func check(_ result: Int32) throws(SystemError) {
        if result < 0 { throw SystemError("set up a system call filter", errno: -result) }
    }
}

extension SystemCallFilter {
    /// What answering FUSE requests with several threads takes, and nothing that could open, run or send anything.
    static let vaultServer = SystemCallFilter(
        isAllowList: true,
        calls: [
            "read", "readv", "write", "writev", "pread64", "pwrite64", "fdatasync", "fsync", "close", "fcntl", "sendmsg", "futex",
            "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "mlock", "munlock", "clone", "clone3", "exit", "exit_group",
            "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "set_robust_list", "rseq", "gettid", "getpid", "getppid", "prctl",
            "sched_yield", "sched_getaffinity", "clock_gettime", "clock_nanosleep", "restart_syscall", "getrandom", "tgkill",
        ])

    /// What no program of a ghost needs, and what has been a way out of a namespace or into another process.
    static let ghost = SystemCallFilter(
        isAllowList: false,
        calls: [
            // Mounts and namespaces: the enclave's are finished.
            "mount", "umount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig", "fsmount", "fspick", "move_mount",
            "open_tree", "mount_setattr", "setns", "unshare",
            // Handles reach past a mount's root; keyrings are shared by uid across namespaces.
            "open_by_handle_at", "keyctl", "add_key", "request_key",
            // Large, seldom needed parts of the kernel that were broken before.
            "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "kexec_load",
            "kexec_file_load", "init_module", "finit_module", "delete_module",
            // The machine, not the enclave.
            "reboot", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_adjtime",
            "adjtimex", "sethostname", "setdomainname", "syslog", "iopl", "ioperm", "nfsservctl", "vhangup", "fanotify_init",
        ],
        refusedArguments: [
            // A nested user namespace would bring capabilities back, over what it holds.
            ArgumentRule(call: "clone", argument: 0, mask: UInt64(CLONE_NEWUSER), value: UInt64(CLONE_NEWUSER)),
            ArgumentRule(call: "clone", argument: 0, mask: UInt64(CLONE_NEWNS), value: UInt64(CLONE_NEWNS)),
            // Typing into a terminal for its owner (ioctl_tty(2)).
            ArgumentRule(call: "ioctl", argument: 1, mask: 0xffff_ffff, value: UInt64(TIOCSTI)),
            ArgumentRule(call: "ioctl", argument: 1, mask: 0xffff_ffff, value: UInt64(TIOCLINUX)),
        ],
        // Its flags are in memory, where no filter sees them; clone's are in a register.
        unavailable: ["clone3"])
}
