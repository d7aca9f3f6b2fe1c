import Testing

@testable import Launcher

/// What is written is read back with libyaml.
struct YAMLValueTests {
    private func read(_ value: YAMLValue) throws -> YAMLNode {
        try #require(try YAMLNode.parse([UInt8](value.document.utf8), file: "document"))
    }

    /// The texts, numbers and flags of `node`, in order, keys included.
    private func words(_ node: YAMLNode) -> [String] {
        switch node.content {
        case .scalar(let text): [text]
        case .sequence(let items): items.flatMap { words($0) }
        case .mapping(let entries): entries.flatMap { [$0.key] + words($0.value) }
        }
    }

    @Test("A document is written in blocks, in the order it was given")
    func blocks() {
        let value: YAMLValue = [
            "kind": "Pod", "count": 3, "done": true, "none": [:], "nothing": [],
            "list": [["a": "b", "c": ["d"]], ["e", "f"]],
        ]
        #expect(
            value.document == """
                kind: Pod
                count: 3
                done: true
                none: {}
                nothing: []
                list:
                  - a: b
                    c:
                      - d
                  - - e
                    - f

                """)
    }

    @Test(
        "A text stays a text, whatever is in it",
        arguments: [
            "", " ", "a b", "yes", "No", "null", "~", "true", "1", "1.5", "0x10", "1e3", ".inf", "10Gi", "- a", "a: b", "a #b",
            "{a}",
            "[a]", "\"", "'", "\\", "\\n", "a\nb", "a\n---\nkind: Pod", "\t", "\r\n", "\u{1}\u{1F}\u{7F}\u{85}\u{A0}",
            "\u{2028}\u{2029}",
            "\u{FEFF}a", "é😀", "*a", "&a", "!!int 3", "%h", "@a", "`a`", "|", ">", "?", "-", "--probe", "/bin/sh", "a/b.c-d_e",
            "127.0.0.1:80", "$(A)$$", "\0",
        ])
    func texts(text: String) throws {
        #expect(try words(read(["key": .text(text), "list": [.text(text)]])) == ["key", text, "list", text])
        #expect(try words(read(YAMLValue([text: "value"]))) == [text, "value"])
    }

    @Test(
        "What YAML might take for something else than a text is in quotes",
        arguments: ["yes", "ON", "null", "8372", "1.5", "2026-01-01", ""])
    func quotes(text: String) {
        #expect(YAMLValue.text(text).document == "\"\(text)\"\n")
    }
}
