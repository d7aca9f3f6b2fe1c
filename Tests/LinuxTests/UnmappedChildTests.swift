import CLinux
import TestSupport
import Testing

@testable import Linux

@Suite(.enabled(if: Requirement.root, "needs root"))
struct UnmappedChildTests {
    private func plan(_ arguments: [String], output: Int32) -> SpawnPlan {
        var plan = SpawnPlan(arguments, environment: [searchPath])
        plan.descriptors = .only([output, output, STDERR_FILENO])
        return plan
    }

    private func map(_ pid: pid_t) throws {
        for name in ["uid_map", "gid_map"] {
            try Descriptor.open("/proc/\(pid)/\(name)", O_WRONLY, stage: "open the map").write(
                "0 700000 1000\n", stage: "map ids")
        }
    }

    @Test("A child has no ids until they are mapped; then it is root of its namespace, in no group")
    func mapped() throws {
        let pipe = try Pipe()
        let child = try spawnInUserNamespace(
            plan(["sh", "-c", "id -u; id -G; cat /proc/self/uid_map"], output: pipe.writing.raw))
        let unmapped = try readFile("/proc/\(child.pid)/uid_map", stage: "read the map")
        #expect(unmapped.isEmpty)
        try map(child.pid)
        let pid = try child.run()
        let output = try pipe.keepReading().readAll(limit: 1000, stage: "read")
        let words = String(decoding: output, as: UTF8.self).split { $0 == " " || $0 == "\n" }
        #expect(words == ["0", "0", "0", "700000", "1000"])
        #expect(ChildProcess(pid: pid).wait(milliseconds: 10_000) == 0)
    }

    @Test("Without ids it does not become root, and the parent hears of it")
    func unmapped() throws {
        let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
        let child = try spawnInUserNamespace(plan(["true"], output: null.raw))
        let pid = child.pid
        let error = failure(of: child)
        #expect(error == SystemError("become the user", errno: EPERM))
        #expect(kill(pid, 0) != 0)
    }

    private func failure(of child: consuming UnmappedChild) -> SystemError? {
        do throws(SystemError) {
            _ = try child.run()
            return nil
        } catch {
            return error
        }
    }

    @Test("One that is abandoned runs nothing, and is gone")
    func abandoned() throws {
        let pipe = try Pipe()
        let child = try spawnInUserNamespace(plan(["echo", "ran"], output: pipe.writing.raw))
        let pid = child.pid
        child.abandon()
        #expect(kill(pid, 0) != 0)
        #expect(try pipe.keepReading().readAll(limit: 100, stage: "read").isEmpty)
    }

    @Test("A program that is not there is an error of the parent's, as without a namespace")
    func missing() throws {
        let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
        let child = try spawnInUserNamespace(plan(["/no/such/program"], output: null.raw))
        try map(child.pid)
        let error = failure(of: child)
        #expect(error == SystemError("run the program", errno: ENOENT))
    }
}
