import Contract
import Testing

@testable import GhostShell

struct GhostRequestTests {
    private func request(_ text: String) throws(Failure) -> GhostRequest {
        guard let message = Message(parsing: [UInt8](text.utf8)) else { throw Failure(.project, "no message") }
        return try GhostRequest(message)
    }

    @Test(
        "Each verb is known",
        arguments: [
            ("unlock", GhostRequest.Verb.unlock), ("attach", .attach), ("exec\0arg=ls", .exec), ("lock", .lock),
            ("vault\0action=info", .vault), ("vault\0action=save", .save),
        ])
    func verbs(text: String, verb: GhostRequest.Verb) throws {
        let result = try request(text)
        #expect(result.verb == verb)
        #expect(!result.isDetached && !result.locksAfter && result.passphraseForm == nil && !result.provesOnly)
        #expect(result.terminalVariables.isEmpty)
    }

    @Test("Another verb is a usage error", arguments: ["status", "unlocks", "ok", "run"])
    func unknown(text: String) {
        #expect(throws: Failure(.usage, "the ghost has no such request")) { try request(text) }
    }

    @Test("What was not saved is discarded for root alone")
    func discard() throws {
        #expect(try request("lock\0peer-uid=0\0discard=1").discards)
        #expect(try !request("lock\0peer-uid=0").discards)
        for text in ["lock\0peer-uid=1000\0discard=1", "lock\0discard=1", "lock\0peer-uid=x\0discard=1"] {
            #expect(throws: Failure.self) { try request(text) }
        }
    }

    @Test("A command keeps its words in order, empty ones too")
    func command() throws {
        let words = try request("exec\0arg=sh\0arg=-c\0arg=\0arg=echo a=b").command
        #expect(words == ["sh", "-c", "", "echo a=b"].map { [UInt8]($0.utf8) })
    }

    @Test("exec without a command is a usage error")
    func execWithoutCommand() {
        #expect(throws: Failure(.usage, "exec needs a command to run")) { try request("exec") }
    }

    @Test("A command and --detach contradict each other", arguments: ["unlock", "exec", "attach"])
    func detachedCommand(verb: String) {
        #expect(throws: Failure(.usage, "unlock takes --detach or a command, not both")) {
            try request("\(verb)\0detach=1\0arg=ls")
        }
    }

    @Test(
        "The vault is locked after the command of an unlock, and where that is asked for",
        arguments: [
            ("unlock\0arg=ls", true), ("unlock", false), ("unlock\0detach=1", false), ("exec\0arg=ls", false),
            ("exec\0arg=ls\0lock-after=1", true), ("exec\0arg=ls\0lock-after=0", false), ("attach", false),
        ])
    func locksAfter(text: String, expected: Bool) throws {
        #expect(try request(text).locksAfter == expected)
    }

    @Test(
        "A command gets the secrets' variables where that is asked for",
        arguments: [("exec\0arg=ls", false), ("exec\0arg=ls\0secrets=1", true)])
    func wantsSecrets(text: String, expected: Bool) throws {
        #expect(try request(text).wantsSecrets == expected)
    }

    @Test(
        "Only a detached attach asks for nothing but proof",
        arguments: [("attach\0detach=1", true), ("attach\0detach=0", false), ("unlock\0detach=1", false)])
    func provesOnly(text: String, expected: Bool) throws {
        #expect(try request(text).provesOnly == expected)
    }

    @Test(
        "A passphrase comes by descriptor when the request says so, and in a form that it names",
        arguments: [("descriptor", PassphraseForm.line), ("file", .file), ("framed", .framed)])
    func passphrase(value: String, expected: PassphraseForm) throws {
        #expect(try request("unlock\0passphrase=\(value)").passphraseForm == expected)
    }

    @Test("A passphrase in another form is a usage error", arguments: ["terminal", "", "Descriptor"])
    func unknownForm(value: String) {
        #expect(throws: Failure(.usage, "a passphrase comes as a descriptor, a file, or framed")) {
            try request("unlock\0passphrase=\(value)")
        }
    }

    @Test(
        "Who asks is what init saw",
        arguments: [("", -1), ("\0peer-uid=0", 0), ("\0peer-uid=1000", 1000), ("\0peer-uid=x", -1)])
    func peer(text: String, expected: Int32) throws {
        #expect(try request("attach\(text)").peerUID == expected)
    }

    @Test(
        "Variables that describe a terminal are taken",
        arguments: ["TERM=xterm", "COLORTERM=truecolor", "LANG=C.UTF-8", "TZ=UTC", "LC_ALL=C", "LC_CTYPE=", "TERM=a=b"])
    func variable(text: String) throws {
        #expect(try request("attach\0env=\(text)").terminalVariables == [[UInt8](text.utf8)])
    }

    @Test(
        "Any other variable is left out",
        arguments: [
            "PATH=/tmp", "LD_PRELOAD=/tmp/x.so", "HOME=/", "SHELL=/tmp/sh", "TMUX_TMPDIR=/tmp", "ENV=/tmp/x", "BASH_ENV=/tmp/x",
            "TZ=/etc/passwd", "TZ=:/etc/passwd", "LC_ALL=/tmp/x", "TZ=../../x", "TERMINFO=/tmp", "TERMCAP=/tmp", "TZDIR=/tmp",
            "LANGUAGE=C", "LOCPATH=/tmp", "term=x", "TERM", "", "=", "LC_",
        ])
    func otherVariable(text: String) throws {
        #expect(try request("attach\0env=\(text)").terminalVariables.isEmpty)
    }

    @Test(
        "A request comes with three descriptors, four with a passphrase, and a lock with none",
        arguments: [
            ("unlock", 3), ("attach", 3), ("exec\0arg=ls", 3), ("unlock\0passphrase=descriptor", 4), ("lock", 0),
            ("lock\0passphrase=descriptor", 0), ("vault\0action=info", 3), ("vault\0action=passwd\0passphrase=framed", 4),
            ("vault\0action=passwd\0passphrase=framed\0second-passphrase=framed", 5),
            ("vault\0action=backup\0file=descriptor", 4),
        ])
    func descriptors(text: String, expected: Int) throws {
        let request = try request(text)
        for count in 0...8 {
            if count == expected {
                #expect(throws: Never.self) { try request.check(descriptorCount: count) }
            } else {
                #expect(throws: Failure(.usage, "the request came with \(count) descriptors; it takes \(expected)")) {
                    try request.check(descriptorCount: count)
                }
            }
        }
    }
}
