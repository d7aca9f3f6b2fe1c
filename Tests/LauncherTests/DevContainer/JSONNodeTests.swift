import Contract
import Testing

@testable import Launcher

struct JSONNodeTests {
    private func parse(_ text: String) throws(Failure) -> JSONNode {
        try JSONNode.parse([UInt8](text.utf8), file: "f.json")
    }

    private func content(_ text: String) throws -> JSONNode.Content { try parse(text).content }

    @Test("Every kind of value is read")
    func values() throws {
        #expect(try content("\"a\"") == .string("a"))
        #expect(try content(" -1.5e3 ") == .number("-1.5e3"))
        #expect(try content("true") == .boolean(true))
        #expect(try content("null") == .null)
        #expect(try content("[]") == .array([]))
        #expect(try content("{}") == .object([]))
    }

    @Test("Comments and trailing commas are no content")
    func comments() throws {
        let node = try parse("\u{FEFF}// one\n{ /* two\n * **/ \"a\": [1, 2,], // three\n}\n// four")
        guard case .object(let entries) = node.content, case .array(let items)? = entries.first?.value.content else {
            Issue.record("no list in an object")
            return
        }
        #expect(items.map { $0.content } == [.number("1"), .number("2")])
    }

    @Test("A value knows its line and column, which count letters and not bytes")
    func marks() throws {
        guard case .object(let entries) = try content("{\n  \"é\": 1, \"ü\": 2\n}") else { return }
        #expect(entries.map { $0.keyMark } == [SourceMark(line: 2, column: 3), SourceMark(line: 2, column: 11)])
        #expect(entries.map { $0.value.mark } == [SourceMark(line: 2, column: 8), SourceMark(line: 2, column: 16)])
    }

    @Test(
        "Escapes are what they stand for",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u20AC""#, "é€"), (#""\ud83d\ude00""#, "😀"),
            (#""\ud83d""#, "\u{FFFD}"), ("\"// no comment\"", "// no comment"),
        ])
    func escapes(text: String, value: String) throws {
        #expect(try content(text) == .string(value))
    }

    @Test(
        "What is wrong is told where it is",
        arguments: [
            ("", "1:1: the file ends where a value should be"), ("{\"a\" 1}", "1:6: after the key a a : should be"),
            ("{a: 1}", "1:2: here a key in quotes should be, or the closing }"),
            ("{\"a\": 1 \"b\": 2}", "1:9: here a comma should be, or the closing }"),
            ("[1 2]", "1:4: here a comma should be, or the closing ]"),
            ("[1] 2", "1:5: there is something after the end of the object"),
            ("{\"a\": 1,\n \"a\": 2}", "2:2: the key a is there twice; remove one"),
            ("[\n\"a\n\"]", "2:1: this string has no closing quote on its line"),
            ("\"\\x\"", "1:2: this is no escape of JSON; write \\\\ for a backslash"),
            ("\"\\u12\"", "1:2: this is no escape of JSON; write \\\\ for a backslash"),
            ("/* a", "1:1: a comment begins with // or /*, and /* needs its */"),
            ("yes", "1:1: here a value should be: a string in quotes, a number, true, false, null, a list or an object"),
            ("nan", "1:1: here a value should be: a string in quotes, a number, true, false, null, a list or an object"),
            (String(repeating: "[", count: 100), "1:65: the file is nested too deep"),
        ])
    func mistakes(text: String, sentence: String) {
        #expect(throws: Failure(.project, "f.json:\(sentence)")) { try parse(text) }
    }

    @Test("Whatever bytes a file holds, reading it ends, and a mistake has its place", arguments: 0..<200)
    func noise(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        let alphabet = Array("{}[]\",:\\/*un1e-t \n\u{E9}".utf8)
        let text = (0..<200).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return alphabet[Int(state >> 33) % alphabet.count]
        }
        do {
            _ = try JSONNode.parse(text, file: "f.json")
        } catch {
            #expect(error.code == .project && error.sentence.hasPrefix("f.json:"), "\(error.sentence)")
        }
    }
}
