import CLinux
import Contract
import Linux
import Logging
import Testing

@testable import Launcher

struct BoundedCommandTests {
    private var quiet: Logger { Logger(label: "test") { _ in ConsoleLogHandler(logLevel: .critical) } }

    private func run(_ script: String, seconds: Int = 20, inputs: [String] = []) throws -> CommandOutput {
        try HostCommand(arguments: ["sh", "-c", script]).run(seconds: seconds, inputs: inputs, log: quiet)
    }

    @Test("Status, output and errors come back, however much both are")
    func outputs() throws {
        let result = try run("head -c 300000 /dev/zero | tr '\\0' a; head -c 300000 /dev/zero | tr '\\0' b >&2; exit 3")
        #expect(result.status == 3)
        #expect(result.output.utf8.count == 300_000 && result.errors.utf8.count == 300_000)
    }

    @Test("Inputs are at the descriptors from 3 on, also long ones")
    func inputs() throws {
        let long = String(repeating: "x", count: 200_000)
        #expect(try run("cat <&3; cat <&4", inputs: ["one ", long]).output == "one " + long)
    }

    @Test("One that hangs is given up, and killed with what it started")
    func hanging() throws {
        let start = monotonicMilliseconds()
        // Its child holds the outputs too. Nobody else sleeps that long.
        let sleep = "sleep 987.\(getpid())"
        let error = #expect(throws: Failure.self) { _ = try run("\(sleep) & \(sleep)", seconds: 1) }
        #expect(error == Failure(.timeout, "sh did not answer within 1 seconds"))
        #expect(monotonicMilliseconds() - start < 10_000)
        let left = try run("for i in $(seq 50); do pgrep -f '^\(sleep)$' >/dev/null || exit 0; sleep 0.1; done; exit 1")
        #expect(left.status == 0, "they are still there")
    }

    @Test("A program that is not there is said to be so")
    func notThere() {
        let error = #expect(throws: Failure.self) {
            _ = try HostCommand(arguments: ["no-such-program"]).run(seconds: 1, log: quiet)
        }
        #expect(error == Failure(.provider, "there is no no-such-program on this machine"))
    }
}
