import CLinux
import Contract
import Linux

/// A system call filter as the kernel takes it (seccomp(2)).
struct FilterProgram {
    /// Instructions of the classic BPF, as libseccomp writes them.
    let code: [UInt8]

    /// The kernel takes 4096 instructions (BPF_MAXINSNS).
    static let longest = UInt64(4096 * MemoryLayout<sock_filter>.size)

    /// Puts it on this process and all that it starts, for good.
    func load() throws(Failure) {
        try failing(.refused, next: "the kernel must support seccomp") { () throws(SystemError) in
            let stage = "set up a system call filter"
            try retrying(stage) { clinux_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }
            try retrying(stage) { code.withUnsafeBytes { clinux_load_filter($0.baseAddress, $0.count) } }
        }
    }
}
