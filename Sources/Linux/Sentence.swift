/// A text that is put together from parts, as `"cannot run \(name)"`.
///
/// Swift's own interpolation is inlined wherever it is used, which in a small static program is most of the code; this one is a
/// call for each part.
public struct Sentence: ExpressibleByStringInterpolation, Sendable {
    public private(set) var text: String

    public init(stringLiteral text: String) {
        self.text = text
    }

    public init(stringInterpolation parts: StringInterpolation) {
        text = parts.text
    }

    @inline(never)
    public mutating func append(_ part: Sentence) {
        text += part.text
    }

    public struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        @inline(never)
        public init(literalCapacity: Int, interpolationCount: Int) {}

        @inline(never)
        public mutating func appendLiteral(_ literal: String) {
            text += literal
        }

        @inline(never)
        public mutating func appendInterpolation(_ part: String) {
            text += part
        }

        @inline(never)
        public mutating func appendInterpolation(_ number: Int) {
            text += String(number)
        }

        public mutating func appendInterpolation(_ number: Int32) {
            appendInterpolation(Int(number))
        }
    }
}

/// The text of a sentence, where a `String` is asked for.
public func sentence(_ sentence: Sentence) -> String {
    sentence.text
}
