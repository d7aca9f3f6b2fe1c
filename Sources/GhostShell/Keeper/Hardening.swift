import CLinux
import Contract
import Linux

/// What the keeper does to itself before it listens to anybody.
enum Hardening {
    /// No core dump and no debugger shows this process or what it forks (prctl(2), PR_SET_DUMPABLE); what runs in the enclave
    /// leaves no core file in the public area either.
    static func apply() throws(Failure) {
        try failing(.refused) { () throws(SystemError) in
            if Defence.notDumpable.isOn { try retrying("hide our memory") { clinux_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) } }
            if Defence.coreLimit.isOn { try turnCoreDumpsOff() }
        }
        guard KeyMemory.install() else {
            throw Failure(
                .refused, "libcrypto was in use before its memory could be protected; this is a defect, please report it")
        }
        umask(0o077)
    }

    /// One byte is too little for a core file, and says to the kernel what no bytes at all do not: that none goes to a program of
    /// the host's either (core(5), the pipe in core_pattern).
    private static func turnCoreDumpsOff() throws(SystemError) {
        var limit = rlimit(rlim_cur: 1, rlim_max: 1)
        try retrying("turn core dumps off") { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) }
    }
}
