import CLinux
import Contract
import Linux

/// A passphrase on its way through the host, to a pod's own reader.
enum PassphraseRelay {
    private static let longest = 4000

    /// A pipe that holds one line of `descriptor`, to be another program's standard input.
    static func pipe(from descriptor: Int32) throws(Failure) -> Descriptor {
        try failing(.proof) { () throws(SystemError) in
            var secret = try SecretBuffer(capacity: longest)
            _ = try secret.appendLine(from: descriptor)
            _ = secret.append(UInt8(ascii: "\n"))
            let pipe = try Pipe()
            // Less than a page, which fits into every pipe: nobody has to read yet.
            try retrying("pass the passphrase on") {
                secret.withBytes { write(pipe.writing.raw, $0.baseAddress, $0.count) }
            }
            return pipe.keepReading()
        }
    }

    /// The same, for a line typed on `terminal` with its echo off.
    static func pipe(asking terminal: borrowing Descriptor, _ prompt: String) throws(Failure) -> Descriptor {
        var saved = termios()
        guard tcgetattr(terminal.raw, &saved) == 0 else {
            throw Failure(.proof, "there is no terminal to ask for the passphrase on; use --passphrase-fd N")
        }
        var silent = saved
        silent.c_lflag &= ~tcflag_t(ECHO)
        silent.c_lflag |= tcflag_t(ICANON | ECHONL)
        tcsetattr(terminal.raw, TCSAFLUSH, &silent)
        defer { tcsetattr(terminal.raw, TCSANOW, &saved) }
        try? terminal.write(prompt, stage: "ask for the passphrase")
        return try pipe(from: terminal.raw)
    }
}
