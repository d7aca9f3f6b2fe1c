import CLinux
import Contract
import Linux

/// What this program does to itself before it touches a secret.
enum Hardening {
    /// No core dump and no debugger shows it (prctl(2), PR_SET_DUMPABLE), and no descriptor of its caller goes on to what it runs.
    ///
    /// - Parameter becomesAnother: The program that takes its place has what every program of the ghost has.
    static func apply(becomesAnother: Bool) throws(Failure) {
        try failing(.refused) { () throws(SystemError) in
            guard Defence.notDumpable.isOn else { return }
            try retrying("hide our memory") { clinux_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) }
            if becomesAnother { return }
            var none = rlimit(rlim_cur: 0, rlim_max: 0)
            try retrying("turn core dumps off") { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) }
        }
        if !becomesAnother { umask(0o077) }
    }
}
