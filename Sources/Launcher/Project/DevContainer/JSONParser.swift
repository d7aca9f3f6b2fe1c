import Contract

/// JSON with comments and trailing commas ("JSONC"), which FoundationEssentials reads without telling where a thing stands.
struct JSONParser {
    private let text: [UInt8]
    private let file: String
    private var position = 0
    private var mark = SourceMark(line: 1, column: 1)
    private var depth = 0

    private static let deepest = 64

    init(text: [UInt8], file: String) {
        self.text = text
        self.file = file
        // A byte order mark is no content.
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    mutating func document() throws(Failure) -> JSONNode {
        let node = try value()
        try skipBlank()
        if position < text.count { throw problem("there is something after the end of the object") }
        return node
    }

    private func problem(_ sentence: String) -> Failure {
        Failure(.project, "\(file):\(mark.line):\(mark.column): \(sentence)")
    }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func advance() {
        if next == UInt8(ascii: "\n") {
            mark = SourceMark(line: mark.line + 1, column: 1)
        } else if let byte = next, byte & 0xC0 != 0x80 {
            mark.column += 1
        }
        position += 1
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        advance()
        return true
    }

    // -- between the values ------------------------------------------------------------------------------------------------

    private mutating func skipBlank() throws(Failure) {
        while let byte = next {
            switch byte {
            case 0x20, 0x09, 0x0A, 0x0D: advance()
            case UInt8(ascii: "/"): try skipComment()
            default: return
            }
        }
    }

    private mutating func skipComment() throws(Failure) {
        let start = problem("a comment begins with // or /*, and /* needs its */")
        advance()
        if take("/") {
            while let byte = next, byte != UInt8(ascii: "\n") { advance() }
            return
        }
        guard take("*") else { throw start }
        while next != nil {
            if take("*") {
                if take("/") { return }
            } else {
                advance()
            }
        }
        throw start
    }

    // -- values --------------------------------------------------------------------------------------------------------------

    private mutating func value() throws(Failure) -> JSONNode {
        try skipBlank()
        depth += 1
        defer { depth -= 1 }
        if depth > JSONParser.deepest { throw problem("the file is nested too deep") }
        let start = mark
        switch next {
        case UInt8(ascii: "{"): return JSONNode(content: .object(try entries()), mark: start)
        case UInt8(ascii: "["): return JSONNode(content: .array(try items()), mark: start)
        case UInt8(ascii: "\""): return JSONNode(content: .string(try string()), mark: start)
        case nil: throw problem("the file ends where a value should be")
        default: return JSONNode(content: try word(), mark: start)
        }
    }

    private mutating func entries() throws(Failure) -> [JSONNode.Entry] {
        advance()
        var entries: [JSONNode.Entry] = []
        while true {
            try skipBlank()
            if take("}") { return entries }
            let keyMark = mark
            guard next == UInt8(ascii: "\"") else { throw problem("here a key in quotes should be, or the closing }") }
            let key = try string()
            if entries.contains(where: { $0.key == key }) {
                throw Failure(.project, "\(file):\(keyMark.line):\(keyMark.column): the key \(key) is there twice; remove one")
            }
            try skipBlank()
            guard take(":") else { throw problem("after the key \(key) a : should be") }
            entries.append(JSONNode.Entry(key: key, keyMark: keyMark, value: try value()))
            try skipBlank()
            guard take(",") || next == UInt8(ascii: "}") else { throw problem("here a comma should be, or the closing }") }
        }
    }

    private mutating func items() throws(Failure) -> [JSONNode] {
        advance()
        var items: [JSONNode] = []
        while true {
            try skipBlank()
            if take("]") { return items }
            items.append(try value())
            try skipBlank()
            guard take(",") || next == UInt8(ascii: "]") else { throw problem("here a comma should be, or the closing ]") }
        }
    }

    private mutating func word() throws(Failure) -> JSONNode.Content {
        let start = problem("here a value should be: a string in quotes, a number, true, false, null, a list or an object")
        var bytes: [UInt8] = []
        while let byte = next, !" \t\r\n,]}:/\"".utf8.contains(byte) {
            bytes.append(byte)
            advance()
        }
        switch String(decoding: bytes, as: UTF8.self) {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "null": return .null
        case let text where text.first.map { $0.isNumber || $0 == "-" } == true && Double(text) != nil: return .number(text)
        default: throw start
        }
    }

    // -- strings -------------------------------------------------------------------------------------------------------------

    private mutating func string() throws(Failure) -> String {
        let start = problem("this string has no closing quote on its line")
        advance()
        var bytes: [UInt8] = []
        while let byte = next, byte >= 0x20 {
            if take("\"") { return String(decoding: bytes, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                bytes += try escaped()
            } else {
                bytes.append(byte)
                advance()
            }
        }
        throw start
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]

    private mutating func escaped() throws(Failure) -> [UInt8] {
        let start = problem("this is no escape of JSON; write \\\\ for a backslash")
        advance()
        guard let letter = next else { throw start }
        advance()
        if let byte = JSONParser.escapes[letter] { return [byte] }
        guard letter == UInt8(ascii: "u"), let unit = codeUnit() else { throw start }
        var units = [unit]
        if UTF16.isLeadSurrogate(unit), take("\\"), take("u"), let second = codeUnit() { units.append(second) }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    /// The four digits after `\u`.
    private mutating func codeUnit() -> UInt16? {
        guard position + 4 <= text.count else { return nil }
        let digits = String(decoding: text[position..<position + 4], as: UTF8.self)
        guard digits.utf8.count == 4, let unit = UInt16(digits, radix: 16) else { return nil }
        for _ in 0..<4 { advance() }
        return unit
    }
}
