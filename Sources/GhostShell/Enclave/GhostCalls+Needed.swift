/// The tables of the ghost's filter.
enum GhostCalls {
    /// Calls that belong together, and who needs them.
    struct Needed {
        let reason: String
        let calls: [String]
    }

    /// What a developer's programs ask for. The list began with the calls that were seen when bash, tmux, gcc, make, git, ssh, sshd,
    /// neovim, node, python and their like ran (162 of them), and was filled up with what belongs to the same families.
    static let needed: [Needed] = [
        Needed(
            reason: "files by name",
            calls: [
                "access", "chdir", "chmod", "chown", "creat", "execve", "execveat", "faccessat", "faccessat2", "fchdir",
                "fchmodat",
                "fchownat", "futimesat", "getcwd", "lchown", "link", "linkat", "lstat", "mkdir", "mkdirat", "mknod", "mknodat",
                "newfstatat", "open", "openat", "openat2", "readlink", "readlinkat", "rename", "renameat", "renameat2", "rmdir",
                "stat", "statfs", "statx", "symlink", "symlinkat", "truncate", "umask", "unlink", "unlinkat", "utime",
                "utimensat",
                "utimes",
            ]),
        Needed(
            reason: "open files; ioctl without what the group terminals refuses",
            calls: [
                "close", "close_range", "copy_file_range", "dup", "dup2", "dup3", "fadvise64", "fallocate", "fchmod", "fchown",
                "fcntl", "fdatasync", "flock", "fstat", "fstatfs", "fsync", "ftruncate", "getdents", "getdents64", "ioctl",
                "lseek",
                "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readv",
                "sendfile", "splice", "sync", "sync_file_range", "syncfs", "tee", "vmsplice", "write", "writev",
            ]),
        Needed(
            reason: "extended attributes: cp, tar, rsync, git",
            calls: [
                "fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "getxattr", "lgetxattr", "listxattr", "llistxattr",
                "lremovexattr", "lsetxattr", "removexattr", "setxattr",
            ]),
        Needed(
            reason: "waiting for events: every server, tmux, node, neovim; inotify for editors and build tools",
            calls: [
                "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2",
                "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "poll", "ppoll", "pselect6", "select",
                "signalfd", "signalfd4", "timerfd_create", "timerfd_gettime", "timerfd_settime",
            ]),
        Needed(
            reason: "the older asynchronous files (aio(7)): databases, fio",
            calls: ["io_cancel", "io_destroy", "io_getevents", "io_pgetevents", "io_setup", "io_submit"]),
        Needed(
            reason: "memory",
            calls: [
                "brk", "madvise", "membarrier", "memfd_create", "memfd_secret", "mincore", "mlock", "mlock2", "mlockall", "mmap",
                "mprotect", "mremap", "msync", "munlock", "munlockall", "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect",
            ]),
        Needed(
            reason: "processes and threads; clone without what the group user_namespaces refuses",
            calls: [
                "arch_prctl", "capget", "capset", "clone", "exit", "exit_group", "fork", "futex", "futex_waitv",
                "get_robust_list",
                "getcpu", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getrlimit", "getrusage", "getsid", "gettid",
                "ioprio_get", "ioprio_set", "personality", "pidfd_open", "prctl", "prlimit64", "process_mrelease",
                "restart_syscall", "rseq", "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity",
                "sched_getattr",
                "sched_getparam", "sched_getscheduler", "sched_rr_get_interval", "sched_setaffinity", "sched_setattr",
                "sched_setparam", "sched_setscheduler", "sched_yield", "set_robust_list", "set_tid_address", "setpgid",
                "setpriority", "setrlimit", "setsid", "vfork", "wait4", "waitid",
            ]),
        Needed(
            reason: "the user: programs set the ids that they have already; others the kernel refuses",
            calls: [
                "getegid", "geteuid", "getgid", "getgroups", "getresgid", "getresuid", "getuid", "setfsgid", "setfsuid", "setgid",
                "setgroups", "setregid", "setresgid", "setresuid", "setreuid", "setuid",
            ]),
        Needed(
            reason: "signals",
            calls: [
                "kill", "pause", "pidfd_send_signal", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
                "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_tgsigqueueinfo", "sigaltstack", "tgkill", "tkill",
            ]),
        Needed(
            reason: "time, and what the machine is",
            calls: [
                "alarm", "clock_getres", "clock_gettime", "clock_nanosleep", "getitimer", "getrandom", "gettimeofday",
                "nanosleep",
                "setitimer", "sysinfo", "time", "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime",
                "timer_settime", "times", "uname",
            ]),
        Needed(
            reason: "sockets; socket without what the group of that name refuses",
            calls: [
                "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom",
                "recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socket", "socketpair",
            ]),
        Needed(
            reason: "System V's and POSIX's queues, semaphores and shared memory, of the enclave's own IPC namespace",
            calls: [
                "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink", "msgctl", "msgget",
                "msgrcv", "msgsnd", "semctl", "semget", "semop", "semtimedop", "shmat", "shmctl", "shmdt", "shmget",
            ]),
        Needed(
            reason:
                "gdb, strace and sanitizers. They reach the ghost's own processes only: the others are in another user namespace",
            calls: ["kcmp", "pidfd_getfd", "process_madvise", "process_vm_readv", "process_vm_writev", "ptrace"]),
        Needed(
            reason: "programs that confine themselves further: ssh, browsers, bubblewrap",
            calls: ["landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "seccomp"]),
    ]
}
