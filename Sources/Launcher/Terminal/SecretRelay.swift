import CLinux
import Contract
import Linux

/// Several passphrases on their way through the host, in the one standard input that an engine's exec has: each with its length,
/// as digits on a line of their own, before it.
enum SecretRelay {
    /// No key is larger, and two of them fit into a pipe that nobody reads yet.
    static let longest = 16 * 1024
    private static let stage = "pass the passphrase on"

    /// A pipe that holds what `origins` name.
    static func pipe(_ origins: [SecretOrigin]) throws(Failure) -> Descriptor {
        let pipe = try failing(.proof) { () throws(SystemError) in try Pipe() }
        for origin in origins {
            let source = try origin.open()
            var secret = try failing(.proof) { () throws(SystemError) in try SecretBuffer(capacity: longest) }
            try failing(.proof, next: "a key file has up to \(longest) bytes") { () throws(SystemError) in
                if case .line = origin {
                    _ = try secret.appendLine(from: source.raw)
                } else {
                    try secret.appendAll(from: source.raw)
                }
            }
            try failing(.proof) { () throws(SystemError) in
                try pipe.writing.write("\(secret.count)\n", stage: stage)
                try retrying(stage) { secret.withBytes { write(pipe.writing.raw, $0.baseAddress, $0.count) } }
            }
        }
        return pipe.keepReading()
    }
}
