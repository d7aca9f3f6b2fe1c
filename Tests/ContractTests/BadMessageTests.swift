import Testing

@testable import Contract

/// What a stranger may send to the control socket.
struct BadMessageTests {
    @Test(
        "What is no word and fields is refused",
        arguments: [
            "",  // nothing
            "\0", "\0key=value",  // no word
            "Status", "STATUS", "1status", "-status", "sta tus", "sta_tus", "stätus", "status\n", "status=1",
            "status\0", "status\0\0", "ok\0key=value\0",  // an empty field
            "ok\0key",  // no value
            "ok\0=value",  // no key
            "ok\0Key=value", "ok\0k y=value", "ok\0-key=value", "ok\01=value", "ok\0key =value",
            "a23456789012345678901234567890123", "ok\0a23456789012345678901234567890123=1",  // 33 letters
        ])
    func refused(text: String) {
        #expect(Message(parsing: [UInt8](text.utf8)) == nil)
    }

    @Test(
        "What is just within the form is taken",
        arguments: [
            "a", "a23456789012345678901234567890-2", "ok\0a=", "ok\0a==", "ok\0a23456789012345678901234567890-2=1",
            "ok\0a=1\0a=2",
        ])
    func taken(text: String) {
        let bytes = [UInt8](text.utf8)
        #expect(Message(parsing: bytes)?.encoded == bytes)
    }

    @Test("A word or a key that is no UTF-8 is refused", arguments: [[0xff], [0x6f, 0xc3], [0x6f, 0x6b, 0, 0xff, 0x3d]])
    func noUTF8(bytes: [UInt8]) {
        #expect(Message(parsing: bytes) == nil)
    }

    @Test("A message of 32 KiB is taken, and one byte more is refused", arguments: [(0, true), (1, false), (100_000, false)])
    func length(beyond: Int, isTaken: Bool) {
        let start = [UInt8]("ok\0a=".utf8)
        let rest = [UInt8](repeating: 0x61, count: 32 * 1024 - start.count + beyond)
        #expect((Message(parsing: start + rest) != nil) == isTaken)
    }

    @Test("A message that was cut off anywhere is refused, or reads as a shorter one that was said")
    func truncated() throws {
        let whole = Message("exec").adding("arg", "ls").adding("arg", "-l").adding("env", "A=1")
        let bytes = whole.encoded
        for length in 0..<bytes.count {
            guard let part = Message(parsing: Array(bytes.prefix(length))) else { continue }
            #expect(whole.encoded.starts(with: part.encoded))
            #expect(part.fields.count <= whole.fields.count)
        }
        #expect(Message(parsing: Array(bytes.prefix(5))) == nil)
        #expect(Message(parsing: Array(bytes.prefix(8))) == nil)
        #expect(Message(parsing: Array(bytes.prefix(9)))?.fields.count == 1)
    }

    @Test("Whatever bytes come, what is read is what was sent")
    func noise() {
        // A fixed pseudo-random sequence, over an alphabet in which messages are likely.
        var state: UInt64 = 1
        let alphabet = [UInt8]("ab-=1\0\0==A\u{7f}".utf8) + [0xff]
        var read = 0
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<8 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            guard let message = Message(parsing: bytes) else { continue }
            read += 1
            #expect(message.encoded == bytes)
        }
        #expect(read > 10)
    }
}
