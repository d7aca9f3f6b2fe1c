import CSeccomp
import Contract
import Testing

@testable import GhostShell

struct SystemCallFilterTests {
    private static let all =
        SystemCallFilter.vaultServer.rules.map { $0.call } + GhostCalls.needed.flatMap { $0.calls }
        + GhostCalls.refused.flatMap { $0.calls + $0.byArgument.map { $0.call } } + GhostCalls.unavailable

    /// A name with a typing error would be passed over when the filter is loaded. (A call of another architecture has a number
    /// below -1.)
    @Test("Every name is that of a system call", arguments: Set(all))
    func names(name: String) {
        #expect(seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR)
    }

    @Test("The vault's server may do nothing but what is listed, each once and whatever its arguments")
    func vaultServer() {
        let filter = SystemCallFilter.vaultServer
        #expect(filter.otherwise == .refused)
        #expect(filter.rules.allSatisfy { $0.answer == .allowed && $0.comparison == nil })
        #expect(Set(filter.rules.map { $0.call }).count == filter.rules.count)
    }

    @Test(
        "The vault's server may not open, run, connect or trace",
        arguments: [
            "open", "openat", "openat2", "creat", "execve", "execveat", "socket", "connect", "ptrace", "process_vm_readv",
            "process_vm_writev", "fork", "vfork", "kill", "ioctl", "mount", "unshare", "setns", "memfd_create", "io_uring_setup",
            "pidfd_getfd", "sendto", "link", "rename",
        ])
    func vaultServerRefuses(name: String) {
        #expect(!SystemCallFilter.vaultServer.rules.contains { $0.call == name })
    }
}
