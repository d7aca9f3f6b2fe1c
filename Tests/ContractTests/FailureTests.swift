import Linux
import Testing

@testable import Contract

struct FailureTests {
    /// The table of the documentation, on which scripts rely.
    @Test(
        "Exit codes are those of the contract",
        arguments: [
            (.done, 0), (.usage, 2), (.project, 3), (.provider, 4), (.proof, 5), (.vault, 6), (.refused, 7), (.timeout, 10),
        ] as [(ExitCode, Int32)])
    func code(code: ExitCode, number: Int32) {
        #expect(code.rawValue == number)
        #expect(ExitCode(rawValue: number) == code)
    }

    @Test("No other number is an exit code of ours", arguments: [-1, 1, 8, 9, 11, 126, 127, 128, 255] as [Int32])
    func noCode(number: Int32) {
        #expect(ExitCode(rawValue: number) == nil)
    }

    @Test("A failed system call is told with its reason, and with what to do next")
    func systemError() {
        let error = SystemError("open the vault's image", errno: 2)
        #expect(Failure(.vault, error).sentence == "cannot open the vault's image: No such file or directory")
        #expect(
            Failure(.vault, error, next: "restore a backup").sentence
                == "cannot open the vault's image: No such file or directory; restore a backup")
        #expect(Failure(.vault, error).code == .vault)
    }

    @Test("A result is passed on where nothing failed")
    func success() throws {
        #expect(try failing(.vault) { () throws(SystemError) in 5 } == 5)
    }

    @Test("A system call's error becomes a failure with code and next step")
    func failed() {
        #expect(throws: Failure(.provider, "cannot call: Operation not permitted; try again")) {
            try failing(.provider, next: "try again") { () throws(SystemError) in throw SystemError("call", errno: 1) }
        }
    }
}
