import Testing

@testable import Contract

struct MessageTests {
    @Test("A message is its word and its fields, with NUL between them")
    func encoded() {
        let message = Message("exec").adding("detach", "1").adding("arg", "ls").adding("arg", "-l")
        #expect(message.encoded == [UInt8]("exec\0detach=1\0arg=ls\0arg=-l".utf8))
    }

    @Test(
        "A message comes out of its bytes as it went in",
        arguments: [
            Message("status"), Message("ok").adding("empty", ""), Message("exec").adding("arg", "a=b=c"),
            Message("exec").adding("arg", "line\nbreak\ttab \u{1b}[0m"), Message("ok").adding("session", "日本 é"),
            Message("ensure-session").adding("next-token", "x"), Message("a1").adding("b2", "3"),
        ])
    func roundTrip(message: Message) {
        #expect(Message(parsing: message.encoded) == message)
    }

    @Test("A value of every byte but NUL comes back unchanged")
    func everyByte() {
        let value = (UInt8(1)...255).map { $0 }
        var message = Message("ok")
        message.add("bytes", value)
        #expect(Message(parsing: message.encoded)?.bytes("bytes") == value)
    }

    @Test("A value is cut at a NUL byte, so that it cannot make another field")
    func nul() {
        let message = Message("exec").adding("arg", "a\0lock-after=1")
        #expect(message.encoded == [UInt8]("exec\0arg=a".utf8))
    }

    @Test("A repeated key keeps all of its values in their order, and the first one counts alone")
    func repeated() {
        let message = Message("exec").adding("arg", "one").adding("other", "x").adding("arg", "two")
        #expect(message.all("arg") == [[UInt8]("one".utf8), [UInt8]("two".utf8)])
        #expect(message.text("arg") == "one")
    }

    @Test("A key that is not there has no value")
    func missing() {
        let message = Message("ok").adding("key", "value")
        #expect(message.bytes("ke") == nil)
        #expect(message.text("keys") == nil)
        #expect(message.number("other") == nil)
        #expect(message.all("other").isEmpty)
    }

    @Test(
        "A number is read where there is one",
        arguments: [
            ("0", 0), ("17", 17), ("-1", -1), ("2147483647", Int32.max), ("2147483648", nil), ("", nil), ("1x", nil), (" 1", nil),
            ("1.0", nil),
        ] as [(String, Int32?)])
    func number(text: String, expected: Int32?) {
        #expect(Message("exit").adding("status", text).number("status") == expected)
    }

    @Test("A value that is no UTF-8 is text with replacements, and its bytes stay")
    func noUTF8() throws {
        let message = try #require(Message(parsing: [UInt8]("ok\0a=".utf8) + [0xff, 0x41]))
        #expect(message.text("a") == "\u{fffd}A")
        #expect(message.bytes("a") == [0xff, 0x41])
    }

    @Test("A word is known by its bytes", arguments: [("ok", true), ("o", false), ("okay", false), ("", false)])
    func word(name: String, expected: Bool) {
        #expect(Message("ok").isWord(name) == expected)
    }

    @Test("Adding to a copy leaves the first message as it was")
    func copies() {
        let first = Message("ok")
        let second = first.adding("key", "value")
        #expect(first.fields.isEmpty)
        #expect(second.fields.count == 1)
    }
}
