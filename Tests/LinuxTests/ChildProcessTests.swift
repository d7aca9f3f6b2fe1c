import CLinux
import Testing

@testable import Linux

struct ChildProcessTests {
    private func start(_ script: String) throws -> ChildProcess {
        ChildProcess(pid: try spawn(SpawnPlan(["sh", "-c", script], environment: [searchPath])))
    }

    private func isThere(_ pid: pid_t) -> Bool {
        var status: Int32 = 0
        return waitpid(pid, &status, WNOHANG) >= 0
    }

    @Test("A child is waited for, and its status told as a shell does", arguments: [("exit 3", 3), ("kill -TERM $$", 143)])
    func wait(script: String, status: Int32) throws {
        let child = try start(script)
        #expect(child.wait(milliseconds: 10_000) == status)
        #expect(!isThere(child.pid))
    }

    @Test("A child that still runs has no status yet, and is not reaped")
    func runs() throws {
        let child = try start("exec sleep 100")
        #expect(child.wait(milliseconds: 0) == nil)
        #expect(!child.hasEnded)
        #expect(isThere(child.pid))
        child.end()
        #expect(!isThere(child.pid))
    }

    @Test("A child that has ended is seen to, and stays to be waited for")
    func hasEnded() throws {
        let child = try start("exit 5")
        var information = siginfo_t()
        #expect(waitid(P_PID, id_t(child.pid), &information, WEXITED | WNOWAIT) == 0)
        #expect(child.hasEnded)
        #expect(child.hasEnded)
        #expect(child.wait(milliseconds: 0) == 5)
        #expect(!child.hasEnded)
    }

    @Test("A signal reaches the child")
    func kill() throws {
        let child = try start("exec sleep 100")
        child.kill(SIGINT)
        #expect(child.wait(milliseconds: 10_000) == 128 + SIGINT)
    }

    @Test("A child that takes no signal but one is ended by that one")
    func end() throws {
        let child = try start("trap '' TERM HUP INT; kill -STOP $$")
        child.end()
        #expect(!isThere(child.pid))
    }

    @Test("A forked child ends with what its body returns", arguments: [0, 7, 255] as [Int32])
    func fork(status: Int32) throws {
        #expect(try ChildProcess.fork("tazpod-test") { status }.wait(milliseconds: 10_000) == status)
    }
}
