import CLinux
import Contract
import Linux

/// What the keeper does to itself before it listens to anybody.
enum Hardening {
    /// No core dump and no debugger shows this process or what it forks (prctl(2), PR_SET_DUMPABLE); what runs in the enclave
    /// leaves no core file in the public area either.
    static func apply() throws(Failure) {
        try failing(.refused) { () throws(SystemError) in
            try retrying("hide our memory") { clinux_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) }
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            try retrying("turn core dumps off") { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) }
        }
        guard KeyMemory.install() else {
            throw Failure(
                .refused, "libcrypto was in use before its memory could be protected; this is a defect, please report it")
        }
        umask(0o077)
    }
}
