/// One message of the control socket: a word and its fields, separated by NUL bytes.
///
/// A request is `verb`, then `key=value` fields; a reply is `ok` with fields, or `error`, a code and a sentence; `exit` carries
/// the status of a command that a client waited for. A key may be repeated: `arg=ls`, `arg=-l`.
public struct Message: Equatable, Sendable {
    /// The largest message either side takes, in bytes.
    public static let maximumLength = 32 * 1024

    public struct Field: Equatable, Sendable {
        public var key: [UInt8]
        public var value: [UInt8]
    }

    public private(set) var word: [UInt8]
    public private(set) var fields: [Field]

    public init(_ word: String) {
        self.word = [UInt8](word.utf8)
        fields = []
    }

    /// Reads a message.
    ///
    /// - Returns: nil unless `bytes` is a lower-case word and well-formed fields, within the length.
    public init?(parsing bytes: [UInt8]) {
        guard bytes.count <= Message.maximumLength else { return nil }
        let parts = bytes.split(separator: 0, omittingEmptySubsequences: false)
        guard let word = parts.first, Message.isName(word) else { return nil }
        self.word = [UInt8](word)
        fields = []
        for part in parts.dropFirst() {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")), Message.isName(part[part.startIndex..<equals]) else {
                return nil
            }
            fields.append(Field(key: [UInt8](part[part.startIndex..<equals]), value: [UInt8](part[(equals &+ 1)...])))
        }
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        let isLetter = { (byte: UInt8) in byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
        guard let first = bytes.first, isLetter(first), bytes.count <= 32 else { return false }
        return bytes.allSatisfy {
            isLetter($0) || $0 == UInt8(ascii: "-") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
        }
    }

    public mutating func add(_ key: String, _ value: String) {
        add(key, [UInt8](value.utf8))
    }

    /// Adds a field; a value is cut at a NUL byte, which the format cannot carry.
    public mutating func add(_ key: String, _ value: [UInt8]) {
        fields.append(Field(key: [UInt8](key.utf8), value: [UInt8](value.prefix { $0 != 0 })))
    }

    public func adding(_ key: String, _ value: String) -> Message {
        var copy = self
        copy.add(key, value)
        return copy
    }

    public func isWord(_ name: String) -> Bool {
        word.elementsEqual(name.utf8)
    }

    /// The value of the first field called `key`.
    public func bytes(_ key: String) -> [UInt8]? {
        fields.first { $0.key.elementsEqual(key.utf8) }?.value
    }

    /// The value of the first field called `key`, as text.
    public func text(_ key: String) -> String? {
        bytes(key).map { String(decoding: $0, as: UTF8.self) }
    }

    public func number(_ key: String) -> Int32? {
        text(key).flatMap { Int32($0) }
    }

    /// Every value of a repeated key, in order.
    public func all(_ key: String) -> [[UInt8]] {
        fields.filter { $0.key.elementsEqual(key.utf8) }.map { $0.value }
    }

    public var encoded: [UInt8] {
        var bytes = word
        for field in fields {
            bytes.append(0)
            bytes.append(contentsOf: field.key)
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: field.value)
        }
        return bytes
    }
}
