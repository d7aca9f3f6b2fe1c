import CLinux
import Contract
import Linux
import Testing

@testable import Launcher

struct PassphraseRelayTests {
    private func relay(_ input: String) throws -> (line: [UInt8], rest: [UInt8]) {
        let pipe = try Pipe()
        try pipe.writing.write(input, stage: "write")
        let reading = pipe.keepReading()
        let line = try PassphraseRelay.pipe(from: reading.raw).readAll(limit: 10_000, stage: "read")
        return (line, try reading.readAll(limit: 10_000, stage: "read"))
    }

    @Test(
        "One line is passed on with its newline, and what follows is left",
        arguments: [("secret\nrest", "secret\n", "rest"), ("secret", "secret\n", ""), ("\nrest", "\n", "rest"), ("", "\n", "")])
    func line(input: String, line: String, rest: String) throws {
        let result = try relay(input)
        #expect(result.line == [UInt8](line.utf8))
        #expect(result.rest == [UInt8](rest.utf8))
    }

    @Test("A line that no pipe would hold is refused, with the code for a wrong passphrase")
    func tooLong() {
        let error = #expect(throws: Failure.self) { try relay(String(repeating: "x", count: 4001) + "\n") }
        #expect(error?.code == .proof)
    }

    @Test("A descriptor that is no terminal cannot be asked on")
    func noTerminal() throws {
        let pipe = try Pipe()
        #expect(throws: Failure(.proof, "there is no terminal to ask for the passphrase on; use --passphrase-fd N")) {
            _ = try PassphraseRelay.pipe(asking: pipe.reading, "Passphrase: ")
        }
    }
}
