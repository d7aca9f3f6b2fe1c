import CLinux
import CSeccomp
import Contract
import Testing

@testable import GhostShell

struct GhostFilterTests {
    /// AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h.
    private static let architectures: [UInt32] = [0xc000_003e, 0xc000_00b7]
    private static let decided =
        GhostCalls.needed.flatMap { $0.calls } + GhostCalls.refused.flatMap { $0.calls } + GhostCalls.unavailable

    private func answers(_ filter: SystemCallFilter, _ call: String) -> [SystemCallFilter.Answer] {
        filter.rules.filter { $0.call == call }.map { $0.answer }
    }

    @Test("A call is decided once, by its name")
    func unique() {
        #expect(Set(GhostFilterTests.decided).count == GhostFilterTests.decided.count)
    }

    @Test("Every call that is no newer than the tables is decided, and not left to chance", arguments: architectures)
    func complete(architecture: UInt32) throws {
        let numbers = GhostFilterTests.decided.map { seccomp_syscall_resolve_name_arch(architecture, $0) }
        let newest = try #require(numbers.max())
        #expect(newest >= 450)
        var undecided: [String] = []
        for number in 0...newest {
            guard let name = seccomp_syscall_resolve_num_arch(architecture, number) else { continue }
            defer { free(name) }
            if !GhostFilterTests.decided.contains(String(cString: name)) { undecided.append(String(cString: name)) }
        }
        #expect(undecided == [])
    }

    @Test("A newer one is answered as by a kernel that has not got it")
    func newer() {
        #expect(GhostFilter(allowing: []).byName.otherwise == .unavailable)
        #expect(GhostFilter(allowing: RefusedCalls.allCases).byName.otherwise == .unavailable)
        #expect(answers(GhostFilter(allowing: []).byName, "clone3") == [.unavailable])
    }

    @Test("Every refused group is there once, with its reason")
    func groups() {
        #expect(GhostCalls.refused.map { $0.group.rawValue }.sorted() == RefusedCalls.allCases.map { $0.rawValue }.sorted())
        #expect(GhostCalls.refused.allSatisfy { !$0.reason.isEmpty })
    }

    @Test(
        "A ghost may not mount, leave its namespaces or make others, or use what was broken before",
        arguments: [
            "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "setns", "unshare", "keyctl",
            "add_key", "request_key", "open_by_handle_at", "bpf", "io_uring_setup", "userfaultfd", "perf_event_open",
            "kexec_load",
        ])
    func refuses(name: String) {
        #expect(answers(GhostFilter(allowing: []).byName, name) == [.refused])
    }

    @Test("A ghost's processes can be made, but not in a new namespace of whatever kind")
    func clone() {
        let filter = GhostFilter(allowing: [])
        #expect(answers(filter.byName, "clone") == [.allowed])
        let flags = filter.byArgument.rules.filter { $0.call == "clone" }
        // Together they are docker's mask of namespaces.
        var mask: UInt32 = 0
        for rule in flags {
            guard case .bits(0, let bits, let value)? = rule.comparison, bits == value else {
                Issue.record("\(rule) does not look at a flag")
                continue
            }
            mask |= bits
        }
        #expect(mask == 0x7e02_0000)
        #expect(flags.count == 7 && flags.allSatisfy { $0.answer == .refused })
    }

    @Test(
        "A ghost may not type into a terminal, whatever is above the 32 bits that the kernel reads", arguments: [0x5412, 0x541c])
    func terminal(request: UInt32) {
        let rule = SystemCallFilter.Rule(
            call: "ioctl", answer: .refused, comparison: .bits(argument: 1, mask: .max, value: request))
        #expect(GhostFilter(allowing: RefusedCalls.allCases.filter { $0.mayBeAllowed }).byArgument.rules.contains(rule))
    }

    @Test("Of the families of sockets four are allowed", arguments: 0...50 as ClosedRange<UInt32>)
    func sockets(family: UInt32) {
        let isRefused = GhostFilter(allowing: []).byArgument.rules.contains { rule in
            guard rule.call == "socket" else { return false }
            switch rule.comparison {
            case .bits(0, .max, let value): return value == family
            case .above(0, let value): return family > value
            default: return false
            }
        }
        #expect(isRefused == ![1, 2, 10, 16].contains(family))
    }

    @Test("A group that the project allows is allowed, and no other", arguments: RefusedCalls.allCases.filter { $0.mayBeAllowed })
    func loosened(group: RefusedCalls) {
        let filter = GhostFilter(allowing: [group])
        for refused in GhostCalls.refused {
            let expected: SystemCallFilter.Answer = refused.group == group ? .allowed : .refused
            #expect(refused.calls.allSatisfy { answers(filter.byName, $0) == [expected] })
            #expect(refused.byArgument.allSatisfy { filter.byArgument.rules.contains($0) == (refused.group != group) })
        }
    }
}
