import Contract
import Testing

@testable import Launcher

private func parse(_ text: String) throws(Failure) -> YAMLNode? {
    try YAMLNode.parse([UInt8](text.utf8), file: "f.yaml")
}

extension YAMLNode {
    fileprivate var scalar: String? {
        if case .scalar(let text) = content { text } else { nil }
    }

    fileprivate var items: [YAMLNode] {
        if case .sequence(let items) = content { items } else { [] }
    }

    fileprivate var entries: [Entry] {
        if case .mapping(let entries) = content { entries } else { [] }
    }
}

struct YAMLNodeTests {
    @Test("An empty file has no document", arguments: ["", "\n\n", "# a comment\n", "---\n...\n"])
    func empty(text: String) throws {
        let node = try parse(text)
        #expect(node == nil || node?.scalar == "")
    }

    @Test(
        "A word is read without its quotes and comments",
        arguments: [
            ("word", "word"), ("'it''s'", "it's"), ("\"a\\tb\\u00e9\"", "a\tbé"), ("word # comment", "word"), ("1.0", "1.0"),
            ("|\n  two\n  lines\n", "two\nlines\n"), ("日本", "日本"),
        ])
    func scalars(text: String, expected: String) throws {
        #expect(try parse(text)?.scalar == expected)
    }

    @Test("Every part knows its line and column, counted from 1")
    func marks() throws {
        let root = try #require(try parse("# first\nname: web\nports:\n  - \"1\"\n  - 22\nenv: {A: b, CC: dd}\n"))
        #expect(root.mark == SourceMark(line: 2, column: 1))
        #expect(root.entries.map { $0.key } == ["name", "ports", "env"])
        #expect(root.entries.map { $0.keyMark.line } == [2, 3, 6])
        #expect(root.entries[0].value.mark == SourceMark(line: 2, column: 7))
        #expect(root.entries[1].value.items.map { $0.mark } == [SourceMark(line: 4, column: 5), SourceMark(line: 5, column: 5)])
        let inner = root.entries[2].value.entries
        #expect(inner.map { $0.key } == ["A", "CC"])
        #expect(inner[1].keyMark == SourceMark(line: 6, column: 13))
        #expect(inner[1].value.mark == SourceMark(line: 6, column: 17))
    }

    @Test("An alias is read as what it stands for")
    func alias() throws {
        let root = try #require(try parse("a: &x [1, 2]\nb: *x\n"))
        #expect(root.entries[1].value.items.map { $0.scalar } == ["1", "2"])
    }

    @Test("Of several documents the first is read")
    func documents() throws {
        #expect(try parse("---\none\n---\ntwo\n")?.scalar == "one")
    }

    @Test("A key that is there twice is told with the place of the second")
    func twice() {
        #expect(throws: Failure(.project, "f.yaml:3:3: the key a is there twice; remove one")) {
            try parse("x:\n  a: 1\n  a: 2\n")
        }
    }

    @Test("A key that is no word is an error", arguments: ["[a]: 1", "? {a: b}\n: 1"])
    func badKey(text: String) {
        let error = #expect(throws: Failure.self) { try parse(text) }
        #expect(error?.code == .project)
        #expect(error?.sentence.hasSuffix("a key must be a word") == true)
    }

    @Test(
        "An alias that contains itself ends in an error",
        arguments: ["a: &x [*x]\n", "a: &x {b: *x}\n", "a: &x {b: [*x, *x]}\n", "&x [*x]\n"])
    func recursion(text: String) {
        let error = #expect(throws: Failure.self) { try parse(text) }
        #expect(error?.code == .project)
        #expect(error?.sentence.hasSuffix("or an alias contains itself") == true)
    }

    @Test("A document may be 64 levels deep, and no deeper", arguments: [(64, true), (65, false), (9_000, false)])
    func depth(levels: Int, isTaken: Bool) throws {
        let text = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        if isTaken {
            #expect(try parse(text) != nil)
        } else {
            let error = #expect(throws: Failure.self) { try parse(text) }
            #expect(error?.sentence.contains("too deep") == true)
        }
    }

    @Test("Aliases of aliases end in an error before they fill the memory")
    func laughs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let alias = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\([String](repeating: alias, count: 10).joined(separator: ", "))]\n"
        }
        let error = #expect(throws: Failure.self) { try parse(text) }
        #expect(error?.sentence.contains("the file is too large") == true)
    }

    @Test(
        "What is no YAML is told with file, line and column",
        arguments: [
            ("a: [1\nb: 2\n", "f.yaml:2:2: "), ("a: b: c\n", "f.yaml:1:5: "), ("a: 'open\n", "f.yaml:2:1: "),
            ("ok: 1\n\tb: 2\n", "f.yaml:2:1: "), ("a: *nothing\n", "f.yaml:1:4: "), ("a: @x\n", "f.yaml:1:4: "),
        ])
    func syntax(text: String, place: String) {
        let error = #expect(throws: Failure.self) { try parse(text) }
        #expect(error?.code == .project)
        #expect(error?.sentence.hasPrefix(place) == true)
    }

    @Test(
        "A byte that is no UTF-8 is told with its line and column",
        arguments: [("", 1, 1), ("a: é", 1, 5), ("a: 1\nb: 2\nc: ", 3, 4)])
    func noUTF8(before: String, line: Int, column: Int) {
        let error = #expect(throws: Failure.self) {
            try YAMLNode.parse([UInt8](before.utf8) + [0xff, 0x0a], file: "f.yaml")
        }
        #expect(error?.code == .project)
        #expect(error?.sentence.hasPrefix("f.yaml:\(line):\(column): ") == true)
    }
}
