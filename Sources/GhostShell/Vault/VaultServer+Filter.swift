extension SystemCallFilter {
    /// What answering FUSE requests with several threads takes, and nothing that could open, run or send anything.
    static let vaultServer = SystemCallFilter(
        rules: [
            "read", "readv", "write", "writev", "pread64", "pwrite64", "fdatasync", "fsync", "close", "fcntl", "sendmsg", "futex",
            "mmap", "munmap", "mremap", "mprotect", "madvise", "brk", "mlock", "munlock", "clone", "clone3", "exit", "exit_group",
            "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "set_robust_list", "rseq", "gettid", "getpid", "getppid", "prctl",
            "sched_yield", "sched_getaffinity", "clock_gettime", "clock_nanosleep", "restart_syscall", "getrandom", "tgkill",
        ].map { Rule(call: $0, answer: .allowed) },
        otherwise: .refused)
}
