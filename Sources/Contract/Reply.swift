/// What a request is answered with.
public enum Reply: Equatable {
    case ok(Message)
    case error(Failure)

    /// `ok` with fields, or `error`, the code's digits and the sentence, separated by NUL bytes.
    public var encoded: [UInt8] {
        switch self {
        case .ok(let message): return message.encoded
        case .error(let failure):
            return [UInt8]("error".utf8) + [0] + [UInt8](String(failure.code.rawValue).utf8) + [0]
                + [UInt8](failure.sentence.utf8)
        }
    }

    /// Reads a reply; nil unless it is of that form.
    public init?(parsing bytes: [UInt8]) {
        let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
        if parts.count == 3, parts[0].elementsEqual("error".utf8) {
            // An error whose code is that of success would end a program as if nothing had failed.
            guard let number = Int32(String(decoding: parts[1], as: UTF8.self)), let code = ExitCode(rawValue: number),
                code != .done
            else { return nil }
            self = .error(Failure(code, String(decoding: parts[2], as: UTF8.self)))
            return
        }
        guard let message = Message(parsing: bytes), message.isWord("ok") || message.isWord("exit") else { return nil }
        self = .ok(message)
    }
}
