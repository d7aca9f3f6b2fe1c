import Contract

/// What the host sends to a pod's sshd ahead of the conversation: the key that may log in, and the sshd's own, as ssh-keygen(1)
/// writes them.
struct SSHHandover: Equatable {
    var authorizedKey: String
    var hostKey: String

    private static let begin = "-----BEGIN OPENSSH PRIVATE KEY-----"
    private static let end = "-----END OPENSSH PRIVATE KEY-----"
    private static let keyType = "ssh-ed25519 "
    private static let longest = 4096

    /// Reads it and not a byte more: what follows is sshd's.
    ///
    /// - Parameter next: The next byte; nil at the end.
    static func read(_ next: () throws(Failure) -> UInt8?) throws(Failure) -> SSHHandover {
        var lines: [String] = []
        var line: [UInt8] = []
        for _ in 0..<longest {
            guard let byte = try next() else { break }
            if byte != UInt8(ascii: "\n") {
                line.append(byte)
                continue
            }
            lines.append(String(decoding: line, as: UTF8.self))
            line = []
            if lines.last == end { return try SSHHandover(lines) }
        }
        throw broken
    }

    private init(_ lines: [String]) throws(Failure) {
        guard lines.count > 2, lines[0].hasPrefix(SSHHandover.keyType), lines[1] == SSHHandover.begin else {
            throw SSHHandover.broken
        }
        authorizedKey = lines[0] + "\n"
        hostKey = lines.dropFirst().joined(separator: "\n") + "\n"
    }

    private static let broken = Failure(.usage, "ssh-server is for the ProxyCommand that tazpod ssh-config writes")
}
