import CLinux
import Contract
import Linux
import Testing

@testable import GhostShell

struct PassphraseSourceTests {
    private func read(_ input: String) throws -> [UInt8] {
        let pipe = try Pipe()
        try pipe.writing.write(input, stage: "write")
        let reading = pipe.keepReading()
        let secret = try PassphraseSource.descriptor(reading.raw).read(prompt: "never seen")
        return secret.withBytes { Array($0) }
    }

    @Test(
        "One line is the passphrase, as it stands",
        arguments: [
            ("secret\n", "secret"), ("secret", "secret"), (" two words \nmore\n", " two words "), ("pässwörd\n", "pässwörd"),
        ])
    func line(input: String, passphrase: String) throws {
        #expect(try read(input) == [UInt8](passphrase.utf8))
    }

    @Test("A passphrase may have 512 bytes and no more")
    func longest() throws {
        let longest = String(repeating: "x", count: 512)
        #expect(try read(longest + "\n") == [UInt8](longest.utf8))
        let error = #expect(throws: Failure.self) { try read(longest + "y\n") }
        #expect(error?.code == .proof)
    }

    @Test("An empty passphrase is never accepted")
    func empty() {
        #expect(throws: Failure(.proof, "the passphrase is empty; an empty one is never accepted")) { try read("\n") }
    }

    @Test("An input that ends before a passphrase is no empty passphrase")
    func nothing() {
        #expect(throws: Failure(.proof, "no passphrase came: the input ended before a line of it")) { try read("") }
    }

    @Test("What is no terminal cannot be asked")
    func noTerminal() throws {
        let pipe = try Pipe()
        #expect(throws: Failure(.proof, "there is no terminal to ask for the passphrase on; use --passphrase-fd N")) {
            _ = try PassphraseSource.terminal(pipe.reading.raw).read(prompt: "")
        }
        _ = consume pipe
    }

    @Test("A terminal shows the prompt and not what is typed, and has its echo back afterwards")
    func terminal() async throws {
        let master = Descriptor(owning: clinux_open_master("/dev/ptmx"))
        let slave = Descriptor(owning: clinux_open_slave(master.raw))
        let number = slave.raw
        var before = termios()
        #expect(tcgetattr(number, &before) == 0)
        let typed = Task.detached {
            let secret = try PassphraseSource.terminal(number).read(prompt: "Passphrase: ")
            return secret.withBytes { Array($0) }
        }
        var shown = try shownText(master)
        // The prompt comes after what was typed earlier was thrown away.
        while !shown.hasSuffix("Passphrase: ") { shown += try shownText(master) }
        try master.write("secret\n", stage: "type")
        #expect(try await typed.value == [UInt8]("secret".utf8))
        #expect(try shown + shownText(master) == "Passphrase: \r\n")
        var after = termios()
        #expect(tcgetattr(number, &after) == 0)
        #expect(after.c_lflag == before.c_lflag)
        _ = consume slave
    }

    /// What came on the terminal, once something has. The reader may have to wait for a thread until other tests have ended.
    ///
    /// - Throws: when nothing comes. Then the terminal is closed, and its reader ends.
    private func shownText(_ master: borrowing Descriptor) throws -> String {
        var watched = pollfd(fd: master.raw, events: Int16(POLLIN), revents: 0)
        try #require(poll(&watched, 1, 60_000) == 1, "the terminal stays silent")
        var bytes = [UInt8](repeating: 0, count: 1000)
        let count = CLinux.read(master.raw, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}

struct SecretComparisonTests {
    @Test(
        "Secrets are equal when all of their bytes are",
        arguments: [
            ("", "", true), ("a", "a", true), ("a", "b", false), ("a", "", false), ("abc", "abd", false), ("abc", "abcd", false),
        ])
    func equal(a: String, b: String, expected: Bool) throws {
        let first = try SecretBuffer.holding([UInt8](a.utf8))
        let second = try SecretBuffer.holding([UInt8](b.utf8))
        let result = first.equals(second)
        #expect(result == expected)
    }

    private func read(_ form: PassphraseForm, _ input: [UInt8]) throws -> [UInt8] {
        let pipe = try Pipe()
        try pipe.writing.write(input, stage: "write")
        let reading = pipe.keepReading()
        return try form.source(reading.raw).read(prompt: "never seen").withBytes { Array($0) }
    }

    @Test("A key file is taken whole, newlines and all")
    func file() throws {
        let bytes = Array(UInt8.min...UInt8.max) + [UInt8]("\n\n".utf8)
        #expect(try read(.file, bytes) == bytes)
        let most = [UInt8](repeating: 1, count: PassphraseSource.maximumFileLength)
        #expect(try read(.file, most) == most)
        let error = #expect(throws: Failure.self) { try read(.file, most + [1]) }
        #expect(error?.code == .proof)
    }

    @Test("Framed passphrases come one after the other")
    func framed() throws {
        let pipe = try Pipe()
        try pipe.writing.write("5\nab\nc\n12\nanother one!rest", stage: "write")
        let reading = pipe.keepReading()
        let source = PassphraseSource.framed(reading.raw)
        #expect(try source.read(prompt: "").withBytes { Array($0) } == [UInt8]("ab\nc\n".utf8))
        #expect(try source.read(prompt: "").withBytes { Array($0) } == [UInt8]("another one!".utf8))
    }

    @Test(
        "A frame that is none, or not all there, gives no passphrase",
        arguments: ["", "x\nab", "-1\nab", "99999\nab", "5\nab", "0\n", "123456789\n"])
    func brokenFrame(text: String) {
        let error = #expect(throws: Failure.self) { try read(.framed, [UInt8](text.utf8)) }
        #expect(error?.code == .proof)
    }
}
