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

    /// The message as it travels. It is kept in this form, so that it is made without an allocation for each of its parts.
    public private(set) var encoded: [UInt8]

    public init(_ word: String) {
        encoded = []
        encoded.reserveCapacity(Message.usualLength)
        encoded.append(contentsOf: word.utf8)
    }

    private static let usualLength = 160

    /// Reads a message.
    ///
    /// - Returns: nil unless `bytes` is a lower-case word and well-formed fields, within the length.
    public init?(parsing bytes: [UInt8]) {
        guard bytes.count <= Message.maximumLength else { return nil }
        encoded = bytes
        guard Message.isName(wordBytes) else { return nil }
        for part in parts {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")), Message.isName(part[..<equals]) else { return nil }
        }
    }

    private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
        let isLetter = { (byte: UInt8) in byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
        guard let first = bytes.first, isLetter(first), bytes.count <= 32 else { return false }
        return bytes.allSatisfy {
            isLetter($0) || $0 == UInt8(ascii: "-") || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
        }
    }

    // -- its parts ---------------------------------------------------------------------------------------------------------

    private var wordBytes: ArraySlice<UInt8> { encoded.prefix { $0 != 0 } }

    /// What follows each NUL byte.
    private var parts: Parts { Parts(rest: encoded[wordBytes.endIndex...]) }

    private struct Parts: Sequence, IteratorProtocol {
        var rest: ArraySlice<UInt8>

        mutating func next() -> ArraySlice<UInt8>? {
            guard !rest.isEmpty else { return nil }
            let part = rest.dropFirst().prefix { $0 != 0 }
            rest = rest[part.endIndex...]
            return part
        }
    }

    /// The value of `part` if its key is `key`.
    private static func value(in part: ArraySlice<UInt8>, of key: String) -> ArraySlice<UInt8>? {
        let count = key.utf8.count
        guard part.count > count, part.prefix(count).elementsEqual(key.utf8), part[part.startIndex &+ count] == UInt8(ascii: "=")
        else { return nil }
        return part.dropFirst(count &+ 1)
    }

    public var word: [UInt8] { Array(wordBytes) }

    public var fields: [Field] {
        parts.map { part in
            let key = part.prefix { $0 != UInt8(ascii: "=") }
            return Field(key: Array(key), value: Array(part.dropFirst(key.count &+ 1)))
        }
    }

    public func isWord(_ name: String) -> Bool {
        wordBytes.elementsEqual(name.utf8)
    }

    /// The value of the first field called `key`.
    public func bytes(_ key: String) -> [UInt8]? {
        for part in parts {
            if let value = Message.value(in: part, of: key) { return Array(value) }
        }
        return nil
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
        parts.compactMap { part in Message.value(in: part, of: key).map { Array($0) } }
    }

    // -- making one --------------------------------------------------------------------------------------------------------

    /// Adds a field; a value is cut at a NUL byte, which the format cannot carry.
    public mutating func add(_ key: String, _ value: String) {
        begin(key)
        encoded.append(contentsOf: value.utf8.prefix { $0 != 0 })
    }

    /// Adds a field of bytes, in the same way.
    public mutating func add(_ key: String, _ value: [UInt8]) {
        begin(key)
        encoded.append(contentsOf: value.prefix { $0 != 0 })
    }

    private mutating func begin(_ key: String) {
        encoded.append(0)
        encoded.append(contentsOf: key.utf8)
        encoded.append(UInt8(ascii: "="))
    }

    public func adding(_ key: String, _ value: String) -> Message {
        var copy = self
        copy.add(key, value)
        return copy
    }
}
