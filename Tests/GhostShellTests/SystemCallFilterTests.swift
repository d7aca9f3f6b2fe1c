import CSeccomp
import Testing

@testable import GhostShell

struct SystemCallFilterTests {
    private static let all =
        SystemCallFilter.vaultServer.calls + SystemCallFilter.ghost.calls + SystemCallFilter.ghost.unavailable
        + SystemCallFilter.ghost.refusedArguments.map { $0.call }

    /// A name with a typing error would be passed over when the filter is loaded. (A call of another architecture has a number
    /// below -1.)
    @Test("Every name is that of a system call", arguments: all)
    func names(name: String) {
        #expect(seccomp_syscall_resolve_name(name) != __NR_SCMP_ERROR)
    }

    @Test("No name is there twice", arguments: [SystemCallFilter.vaultServer.calls, SystemCallFilter.ghost.calls])
    func unique(names: [String]) {
        #expect(Set(names).count == names.count)
    }

    @Test("The vault's server may do nothing but what is listed")
    func vaultServer() {
        #expect(SystemCallFilter.vaultServer.isAllowList)
        #expect(SystemCallFilter.vaultServer.refusedArguments.isEmpty)
    }

    @Test(
        "The vault's server may not open, run, connect or trace",
        arguments: [
            "open", "openat", "openat2", "creat", "execve", "execveat", "socket", "connect", "ptrace", "process_vm_readv",
            "process_vm_writev", "fork", "vfork", "kill", "ioctl", "mount", "unshare", "setns", "memfd_create", "io_uring_setup",
            "pidfd_getfd", "sendto", "link", "rename",
        ])
    func vaultServerRefuses(name: String) {
        #expect(!SystemCallFilter.vaultServer.calls.contains(name))
    }

    @Test(
        "A ghost may not mount, leave its namespaces or make others",
        arguments: [
            "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "setns", "unshare", "keyctl",
            "open_by_handle_at", "bpf", "io_uring_setup",
        ])
    func ghostRefuses(name: String) {
        #expect(!SystemCallFilter.ghost.isAllowList)
        #expect(SystemCallFilter.ghost.calls.contains(name))
    }

    @Test("A ghost's processes can be made, but not in a new user or mount namespace")
    func clone() {
        let flags = SystemCallFilter.ghost.refusedArguments.filter { $0.call == "clone" }
        #expect(!SystemCallFilter.ghost.calls.contains("clone"))
        #expect(flags.map { $0.argument } == [0, 0])
        #expect(flags.map { $0.value } == [0x1000_0000, 0x0002_0000])
        #expect(flags.allSatisfy { $0.mask == $0.value })
        #expect(SystemCallFilter.ghost.unavailable == ["clone3"])
    }

    @Test("A ghost may not type into a terminal", arguments: [0x5412, 0x541c] as [UInt64])
    func terminal(request: UInt64) {
        #expect(
            SystemCallFilter.ghost.refusedArguments.contains {
                $0.call == "ioctl" && $0.argument == 1 && $0.mask == 0xffff_ffff && $0.value == request
            })
    }
}
