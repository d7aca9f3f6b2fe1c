/// Walks over the arguments.
struct WordReader {
    private let words: [[UInt8]]
    private var position = 0

    init(_ words: [[UInt8]]) {
        self.words = words
    }

    var isAtEnd: Bool { position >= words.count }

    var rest: [[UInt8]] { Array(words[position...]) }

    /// The next word if it looks like an option: a dash and something more.
    mutating func nextOption() -> String? {
        guard !isAtEnd, words[position].count > 1, words[position][0] == UInt8(ascii: "-") else { return nil }
        return next()
    }

    mutating func next() -> String? {
        guard !isAtEnd else { return nil }
        defer { position &+= 1 }
        return String(decoding: words[position], as: UTF8.self)
    }
}
