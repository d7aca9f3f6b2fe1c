import CLinux
import Testing

@testable import Linux

/// A child that runs until it is let go.
private struct Waiting: ~Copyable {
    let pid: pid_t
    private let letGo: Descriptor

    init(_ group: SpawnPlan.Group) throws {
        let pipe = try Pipe()
        var plan = SpawnPlan(["cat"], environment: [searchPath])
        plan.descriptors = .only([pipe.reading.raw, STDERR_FILENO, STDERR_FILENO])
        plan.group = group
        let letGo = try pipe.writing.duplicate()
        pid = try spawn(plan)
        self.letGo = letGo
    }

    consuming func end() -> Int32 {
        let pid = pid
        _ = consume letGo
        var status: Int32 = 0
        return waitpid(pid, &status, 0) == pid ? exitStatus(status) : -1
    }
}

struct SpawnGroupTests {
    @Test("A child stays in our group and session when the plan says nothing")
    func inherited() throws {
        let child = try Waiting(.inherited)
        let (group, session) = (getpgid(child.pid), getsid(child.pid))
        #expect(child.end() == 0)
        #expect(group == getpgid(0))
        #expect(session == getsid(0))
    }

    @Test("A child leads a group of its own, in our session")
    func processGroup() throws {
        let child = try Waiting(.processGroup(foreground: nil))
        let (pid, group, session) = (child.pid, getpgid(child.pid), getsid(child.pid))
        #expect(child.end() == 0)
        #expect(group == pid)
        #expect(session == getsid(0))
    }

    @Test("A group's terminal that is none is no error")
    func noTerminal() throws {
        let pipe = try Pipe()
        let child = try Waiting(.processGroup(foreground: pipe.reading.raw))
        let (pid, group) = (child.pid, getpgid(child.pid))
        #expect(child.end() == 0)
        #expect(group == pid)
    }

    @Test("A child leads a session of its own")
    func session() throws {
        let child = try Waiting(.session)
        let (pid, group, session) = (child.pid, getpgid(child.pid), getsid(child.pid))
        #expect(child.end() == 0)
        #expect(group == pid)
        #expect(session == pid)
    }

    @Test("A session on a terminal has it as its controlling one")
    func terminalSession() throws {
        let master = Descriptor(owning: clinux_open_master("/dev/ptmx"))
        let slave = Descriptor(owning: clinux_open_slave(master.raw))
        var plan = SpawnPlan(["sh", "-c", "echo hello >/dev/tty"], environment: [searchPath])
        plan.descriptors = .only([slave.raw, slave.raw, slave.raw])
        plan.group = .terminalSession
        let pid = try spawn(plan)
        var status: Int32 = 0
        #expect(waitpid(pid, &status, 0) == pid)
        #expect(exitStatus(status) == 0)
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(master.raw, &bytes, bytes.count)
        #expect(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) == "hello\r\n")
        _ = consume slave
    }

    @Test("A terminal session without a terminal runs nothing")
    func terminalSessionWithoutTerminal() {
        #expect(throws: SystemError("put the process in its own session", errno: ENOTTY)) {
            try run(["true"]) { $0.group = .terminalSession }
        }
    }
}
