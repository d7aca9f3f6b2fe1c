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
        let output = try Pipe()
        let null = try Descriptor.open("/dev/null", O_RDONLY, stage: "open /dev/null")
        var files: [Int32] = []
        for _ in 0..<6 {
            let pipe = try Pipe()
            files.append(try pipe.reading.duplicate().release())
        }
        defer { for raw in files { _ = close(raw) } }
        // Each file gets the number that another one has just now: no order of single moves could do that.
        var handed = [Int32](repeating: null.raw, count: Int(files.max() ?? 0) + 1)
        handed[1] = output.writing.raw
        for (file, number) in zip(files, files.dropFirst() + files.prefix(1)) { handed[Int(number)] = file }
        let numbers = files.map { String($0) }.joined(separator: " ")
        var plan = SpawnPlan(
            ["sh", "-c", "for i in \(numbers); do readlink /proc/$$/fd/$i; done"], environment: [searchPath])
        plan.descriptors = .only(handed)
        let pid = try spawn(plan)
        let text = try output.keepReading().readAll(limit: 1 << 20, stage: "read")
        var status: Int32 = 0
        #expect(waitpid(pid, &status, 0) == pid)
        let expected = (files.suffix(1) + files.dropLast()).map { "pipe:[\(inode($0))]" }
        #expect(String(decoding: text, as: UTF8.self).split(separator: "\n").map { String($0) } == expected)
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
