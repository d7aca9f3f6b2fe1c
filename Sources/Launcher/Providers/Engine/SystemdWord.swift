/// A word of a line in a unit file (systemd.service(5), systemd.syntax(7)).
enum SystemdWord {
    /// In quotes where it has to be, with what systemd would replace (`%h`, `$HOME`) doubled.
    static func quoted(_ word: String) -> String {
        let special = "\"'\\;".unicodeScalars
        let needsQuotes =
            word.isEmpty || word.unicodeScalars.contains { $0.value <= 32 || $0.value == 127 || special.contains($0) }
        let inner = word.unicodeScalars.map { escaped($0) }.joined()
        return needsQuotes ? "\"\(inner)\"" : inner
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "%", "$": return "\(scalar)\(scalar)"
        case "\\", "\"": return "\\\(scalar)"
        case "\u{1}"..<" ", "\u{7F}":
            let digits = String(scalar.value, radix: 16)
            return "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
        default: return String(scalar)
        }
    }
}
