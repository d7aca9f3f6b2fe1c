import Testing

@testable import Contract

struct ReplyTests {
    private func parse(_ text: String) -> Reply? {
        Reply(parsing: [UInt8](text.utf8))
    }

    @Test("An error is the word, the code's digits and the sentence, with NUL between them")
    func encoded() {
        #expect(Reply.error(Failure(.timeout, "it took too long")).encoded == [UInt8]("error\010\0it took too long".utf8))
    }

    @Test("An error of every code comes back as it was", arguments: ExitCode.failures)
    func everyCode(code: ExitCode) {
        let reply = Reply.error(Failure(code, "what failed; what to do"))
        #expect(Reply(parsing: reply.encoded) == reply)
    }

    @Test("A sentence of any text comes back as it was", arguments: ["", "é 日本", "a=b", "one\ntwo", "error"])
    func sentences(sentence: String) {
        let reply = Reply.error(Failure(.vault, sentence))
        #expect(Reply(parsing: reply.encoded) == reply)
    }

    @Test(
        "An answer comes back as it was",
        arguments: [Message("ok"), Message("ok").adding("vault", "open"), Message("exit").adding("status", "3")])
    func answers(message: Message) {
        #expect(Reply(parsing: Reply.ok(message).encoded) == .ok(message))
    }

    @Test(
        "What is no reply is refused",
        arguments: [
            "", "\0", "okay", "OK", "status", "state\0value=open",  // other words
            "error", "error\06", "error\0\0sentence", "error\0six\0sentence", "error\0six\0", "error\0 6\0sentence",
            "error\01\0sentence", "error\08\0sentence", "error\099999999999\0sentence", "error\0-6\0sentence",  // no such code
            "Error\06\0sentence", " error\06\0sentence", "ok\0", "ok\0key",
        ])
    func refused(text: String) {
        #expect(parse(text) == nil)
    }

    @Test("An error that says that all is well is refused: nobody may end with success for it")
    func noFailure() {
        #expect(parse("error\00\0sentence") == nil)
    }

    @Test("A NUL in a sentence begins no other field")
    func nul() {
        let reply = Reply.error(Failure(.vault, "a\0b\0c"))
        #expect(Reply(parsing: reply.encoded) == reply)
    }

    @Test("An error's sentence that is no UTF-8 is read with replacements")
    func noUTF8() {
        #expect(
            Reply(parsing: [UInt8]("error\06\0a".utf8) + [0xff]) == .error(Failure(.vault, "a\u{fffd}")))
    }
}

extension ExitCode {
    /// Every code that says that something failed.
    static let failures: [ExitCode] = [.usage, .project, .provider, .proof, .vault, .refused, .timeout]
}
