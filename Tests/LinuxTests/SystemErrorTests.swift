import CLinux
import Testing

@testable import Linux

struct SystemErrorTests {
    @Test(
        "An error says what failed and why, in English",
        arguments: [
            (ENOENT, "cannot open the vault image: No such file or directory"),
            (EACCES, "cannot open the vault image: Permission denied"),
        ])
    func sentence(errno: Int32, sentence: String) {
        #expect(SystemError("open the vault image", errno: errno).sentence == sentence)
    }

    @Test("A call's result is passed on", arguments: [0, 1, 77] as [Int32])
    func success(result: Int32) throws {
        #expect(try retrying("call") { result } == result)
    }

    @Test("A call that a signal interrupts is made again")
    func interrupted() throws {
        var calls = 0
        let result = try retrying("call") { () -> Int in
            calls += 1
            clinux_set_errno(EINTR)
            return calls < 3 ? -1 : 5
        }
        #expect(result == 5)
        #expect(calls == 3)
    }

    @Test("A call that fails is made once, and its errno is kept")
    func failed() {
        var calls = 0
        #expect(throws: SystemError("call", errno: EPERM)) {
            try retrying("call") { () -> Int32 in
                calls += 1
                clinux_set_errno(EPERM)
                return -1
            }
        }
        #expect(calls == 1)
    }
}
