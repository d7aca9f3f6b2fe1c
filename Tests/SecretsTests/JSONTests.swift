import Contract
import Linux
import Testing

@testable import Secrets

private func document(_ text: String) throws -> JSONDocument {
    var text = text
    return try text.withUTF8 { try JSONDocument(UnsafeRawBufferPointer($0), of: "the answer of example.com") }
}

private func bytes(_ buffer: borrowing SecretBuffer) -> [UInt8] {
    buffer.withBytes { [UInt8]($0) }
}

private func shared(_ bytes: [UInt8]) throws -> SharedSecret {
    try bytes.withUnsafeBytes { SharedSecret(try SecretBuffer.make(copying: $0)) }
}

struct JSONTests {
    @Test("Members, elements, texts and numbers are found")
    func values() throws {
        let root = try document(#"{"id": "a", "count": 3, "on": true, "none": null, "list": [{"key": "x"}, 1]}"#).root
        #expect(root["id"]?.text == "a" && root["count"]?.integer == 3 && root["on"]?.boolean == true)
        #expect(root["none"] == nil && root["other"] == nil && root["id"]?["x"] == nil)
        let list = try #require(root["list"]?.elements)
        #expect(list.count == 2 && list[0]["key"]?.text == "x" && list[0]["key"]?.integer == nil)
        #expect(root.members?.map(\.name) == ["id", "count", "on", "none", "list"])
    }

    @Test("A secret is its bytes, NUL, newlines and all")
    func secret() throws {
        let root = try document(#"{"a": "x\u0000y\n\"\u20ac\"", "b": ""}"#).root
        #expect(bytes(try root.member("a").secret()) == [UInt8]("x\u{0}y\n\"€\"".utf8))
        #expect(bytes(try root.member("b").secret()) == [])
    }

    @Test("A secret of a MiB is whole")
    func large() throws {
        let text = String(repeating: "s", count: 1 << 20)
        #expect(bytes(try document("\"\(text)\"").root.secret()).count == 1 << 20)
    }

    @Test("A secret larger than the limit is refused")
    func tooLarge() throws {
        let root = try document("\"" + String(repeating: "s", count: (4 << 20) + 1) + "\"").root
        #expect { _ = try root.secret() } throws: { ($0 as? Failure)?.sentence.contains("more than 4 MiB") == true }
    }

    @Test("A value that is no string can be had as JSON")
    func encoded() throws {
        let root = try document(#"{"a": {"b": [1, true]}, "n": 12}"#).root
        #expect(bytes(try root.member("a").encoded()) == [UInt8](#"{"b":[1,true]}"#.utf8))
        #expect(bytes(try root.member("n").encoded()) == [UInt8]("12".utf8))
        #expect(throws: Failure.self) { _ = try root.member("n").secret() }
        #expect(throws: Failure.self) { try root.member("missing") }
    }

    @Test(
        "What is no JSON is refused without a word of it",
        arguments: [
            "", #"{"a": "hunter2"#, #"{"a": "hunter2"}}"#, "hunter2", "<html>hunter2</html>",
            #"{"hunter2": 99999999999999999999}"#,
            "\u{0}hunter2", #"["hunter2\ud800"]"#, String(repeating: "[", count: 5_000) + "hunter2",
        ])
    func nonsense(text: String) {
        #expect { try document(text) } throws: {
            ($0 as? Failure).map {
                $0.code == .provider && !$0.sentence.contains("hunter2") && $0.sentence.contains("example.com")
            }
                == true
        }
    }

    @Test("Half a JSON is said to be half")
    func half() {
        #expect { try document(#"{"a": [1, 2"#) } throws: {
            ($0 as? Failure)?.sentence.contains("ends in the middle of its JSON, after 11 bytes") == true
        }
    }

    @Test("Bytes that are no UTF-8 are refused")
    func notText() {
        let text: [UInt8] = [0x22, 0xff, 0xfe, 0x22]
        #expect(throws: Failure.self) { try text.withUnsafeBytes { _ = try JSONDocument($0, of: "it") } }
    }

    @Test("A document lives as long as its values")
    func lifetime() throws {
        let value = try document(#"{"a": "long enough to be on a heap"}"#).root["a"]
        #expect(value?.text == "long enough to be on a heap")
    }

    @Test("What is written has its secrets in it")
    func input() throws {
        let input = JSONInput.object([
            ("clientId", .text("id \"1\"")), ("clientSecret", .secret(try shared([UInt8]("s\u{0}€\n".utf8)))),
            ("list", .array([.integer(-3), .boolean(false), .object([])])),
        ])
        let text = bytes(try input.encoded())
        let root = try text.withUnsafeBytes { try JSONDocument($0, of: "what was written") }.root
        #expect(root["clientId"]?.text == "id \"1\"" && root["clientSecret"]?.text == "s\u{0}€\n")
        #expect(root["list"]?.elements?.first?.integer == -3)
    }

    @Test("A secret that is no text cannot be written")
    func inputNotText() throws {
        let input = JSONInput.object([("a", .secret(try shared([0xff, 0xfe])))])
        #expect { _ = try input.encoded() } throws: { ($0 as? Failure)?.code == .proof }
    }
}
