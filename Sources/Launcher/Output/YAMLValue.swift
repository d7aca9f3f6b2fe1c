/// A value to be written as YAML.
enum YAMLValue {
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([YAMLValue])
    /// In this order.
    case map([(key: String, value: YAMLValue)])

    /// A document, with a newline at its end.
    var document: String {
        lines.map { $0 + "\n" }.joined()
    }

    private var lines: [String] {
        switch self {
        case .list(let items) where !items.isEmpty:
            return items.flatMap { item in
                item.lines.enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }
            }
        case .map(let entries) where !entries.isEmpty:
            return entries.flatMap { entry in
                let (key, value) = (YAMLValue.scalar(entry.key), entry.value.lines)
                return entry.value.isBlock ? ["\(key):"] + value.map { "  " + $0 } : ["\(key): \(value[0])"]
            }
        case .text(let text): return [YAMLValue.scalar(text)]
        case .number(let number): return [String(number)]
        case .flag(let flag): return [flag ? "true" : "false"]
        case .list: return ["[]"]
        case .map: return ["{}"]
        }
    }

    /// It takes lines of its own.
    private var isBlock: Bool {
        switch self {
        case .list(let items): !items.isEmpty
        case .map(let entries): !entries.isEmpty
        default: false
        }
    }

    /// Plain only if every version of YAML reads it as a text and nothing else; in quotes, a line feed or a colon is one of its
    /// letters and ends nothing.
    private static func scalar(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, isLetter(first) || first == "/",
            text.unicodeScalars.allSatisfy({ isLetter($0) || ("0"..."9").contains($0) || "-_./".unicodeScalars.contains($0) }),
            !otherThanText.contains(text.lowercased())
        else { return "\"" + text.unicodeScalars.map { quoted($0) }.joined() + "\"" }
        return text
    }

    private static let otherThanText = ["y", "yes", "n", "no", "true", "false", "on", "off", "null"]

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    private static func quoted(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\\": return "\\\\"
        case "\"": return "\\\""
        // Controls, the line ends of Unicode, and the mark that would be taken for one of byte order.
        case "\0"..<" ", "\u{7F}"..."\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
            let digits = String(scalar.value, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: return String(scalar)
        }
    }
}

extension YAMLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral text: String) { self = .text(text) }
    init(integerLiteral number: Int) { self = .number(number) }
    init(booleanLiteral flag: Bool) { self = .flag(flag) }
    init(arrayLiteral items: YAMLValue...) { self = .list(items) }
    init(dictionaryLiteral entries: (String, YAMLValue)...) { self = .map(entries.map { (key: $0.0, value: $0.1) }) }

    /// Names and texts, in the names' order.
    init(_ texts: [String: String]) {
        self = .map(texts.sorted { $0.key < $1.key }.map { (key: $0.key, value: .text($0.value)) })
    }

    init(_ texts: [String]) { self = .list(texts.map { .text($0) }) }
}
