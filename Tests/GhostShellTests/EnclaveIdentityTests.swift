import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import GhostShell

struct EnclaveIdentityTests {
    @Test("The owner of an enclave is a uid of its own: not root, not nobody, nobody's on this machine, and mapped")
    func owner() throws {
        #expect(EnclaveIdentity.owner != 0)
        #expect(EnclaveIdentity.owner != 65_534)
        #expect(EnclaveIdentity.owner < 65_536)
        #expect(try Account.find(String(EnclaveIdentity.owner)) == nil)
    }

    @Test("Every id of the pod is mapped to itself", .enabled(if: Requirement.root, "needs root"))
    func identityMap() throws {
        let (input, output) = (try Pipe().keepBoth(), try Pipe().keepBoth())
        var plan = SpawnPlan(
            ["unshare", "--user", "sh", "-c", "echo there; read line; cat /proc/self/uid_map /proc/self/gid_map"],
            environment: [[UInt8]("PATH=/usr/bin:/bin".utf8)])
        plan.descriptors = .only([input[0], output[1], STDERR_FILENO])
        let pid = try spawn(plan)
        defer { ChildProcess(pid: pid).end() }
        close(input[0])
        close(output[1])
        let answers = Descriptor(owning: output[0])
        var bytes = [UInt8](repeating: 0, count: 6)
        #expect(read(answers.raw, &bytes, bytes.count) == 6)
        try EnclaveIdentity.writeIdentityMap(of: pid)
        close(input[1])
        let text = String(decoding: try answers.readAll(limit: 1000, stage: "read"), as: UTF8.self)
        let maps = text.split(separator: "\n").map { $0.split(separator: " ").map { String($0) } }
        #expect(maps == [["0", "0", "65536"], ["0", "0", "65536"]])
    }

    @Test(
        "Ids are mapped in the extents in which the pod has them, and no others",
        arguments: [
            ("         0          0 4294967295\n", "0 0 65536\n"),
            ("0 100000 1000\n1000 1000 1\n1001 101000 64535\n", "0 0 1000\n1000 1000 1\n1001 1001 64535\n"),
            ("0 1000 1\n", "0 0 1\n"),
            ("0 5 65535\n65535 9 10\n70000 1 1\n", "0 0 65535\n65535 65535 1\n"), ("", ""), ("a b c\n", ""),
        ])
    func extents(own: String, expected: String) {
        #expect(EnclaveIdentity.identityMap(within: own) == expected)
    }

    @Test("The maps of a process that is not there are refused, saying which")
    func noProcess() {
        let error = #expect(throws: Failure.self) { try EnclaveIdentity.writeIdentityMap(of: pid_t.max) }
        #expect(error?.code == .refused)
        #expect(error?.sentence.hasPrefix("cannot open the enclave's uid_map: No such file") == true)
    }
}

extension Pipe {
    /// Both ends' numbers, which are the caller's now.
    fileprivate consuming func keepBoth() throws(SystemError) -> [Int32] {
        [try reading.duplicate().release(), try writing.duplicate().release()]
    }
}
