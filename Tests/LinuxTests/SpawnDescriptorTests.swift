import CLinux
import Testing

@testable import Linux

struct SpawnDescriptorTests {
    private func inode(_ raw: Int32) -> UInt64 {
        var status = stat()
        fstat(raw, &status)
        return UInt64(status.st_ino)
    }

    @Test("A child's descriptors are those of the plan in their order, whatever their numbers were")
    func order() throws {
        // Enough of them that the numbers they have and the numbers they get are partly the same.
        var files: [[Int32]] = []
        for _ in 0..<24 {
            let pipe = try Pipe()
            files.append([try pipe.reading.duplicate().release(), try pipe.writing.duplicate().release()])
        }
        defer { for raw in files.joined() { _ = close(raw) } }
        let output = try Pipe()
        let handed = [files[0][0], output.writing.raw, STDERR_FILENO] + files.reversed().joined()
        var plan = SpawnPlan(
            ["sh", "-c", "for i in $(seq 3 \(handed.count - 1)); do readlink /proc/$$/fd/$i; done"], environment: [searchPath])
        plan.descriptors = .only(handed)
        let pid = try spawn(plan)
        let text = try output.keepReading().readAll(limit: 1 << 20, stage: "read")
        var status: Int32 = 0
        #expect(waitpid(pid, &status, 0) == pid)
        #expect(
            String(decoding: text, as: UTF8.self).split(separator: "\n").map { String($0) }
                == handed.dropFirst(3).map { "pipe:[\(inode($0))]" })
    }

    @Test("A descriptor that is in no plan is closed in the child")
    func closed() throws {
        let pipe = try Pipe()
        // Not close-on-exec: only the plan can keep it from the child.
        let leaked = clinux_fcntl(pipe.reading.raw, F_DUPFD, 200)
        #expect(leaked >= 200)
        defer { close(leaked) }
        let script = ["sh", "-c", "test -e /proc/$$/fd/\(leaked) && echo open"]
        #expect(try run(script).output.isEmpty)
        // To see that the test would notice: inherited, it is there.
        var plan = SpawnPlan(["sh", "-c", "test -e /proc/$$/fd/\(leaked)"], environment: [searchPath])
        plan.descriptors = .inherited
        let pid = try spawn(plan)
        var status: Int32 = 0
        #expect(waitpid(pid, &status, 0) == pid)
        #expect(exitStatus(status) == 0)
    }

    @Test("A descriptor that is handed over stays the parent's")
    func stays() throws {
        let pipe = try Pipe()
        let before = inode(pipe.writing.raw)
        let result = try run(["true"]) { $0.descriptors = .only([pipe.reading.raw, pipe.writing.raw, STDERR_FILENO]) }
        #expect(result.status == 0)
        #expect(inode(pipe.writing.raw) == before)
    }

    @Test("A descriptor that is not open is an error of the parent's")
    func notOpen() {
        #expect(throws: SystemError("hand over descriptors", errno: EBADF)) {
            try run(["true"]) { $0.descriptors = .only([-1]) }
        }
    }
}
