/// Texts as parts of a URL (RFC 3986, 2.3): everything but letters, digits and four signs is escaped.
enum URLText {
    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = isAlphanumeric(byte) || [45, 46, 95, 126].contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + hexadecimal(byte)
        }.joined()
    }

    /// A path of several names.
    ///
    /// - Returns: nil when a name of it would lead elsewhere.
    static func path(_ path: String) -> String? {
        let names = path.split(separator: "/")
        return names.contains(".") || names.contains("..") ? nil : names.map { escaped(String($0)) }.joined(separator: "/")
    }

    static func query(_ parameters: [(String, String)]) -> String {
        parameters.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "0" + digits : digits
    }
}
