import CLinux
import Contract
import Linux

/// Where `tazpod login` gets what it asks for: the terminal, or the lines of a descriptor in the order of the questions.
final class LoginPrompt {
    private static let longest = 8 * 1024
    /// Control-C, which is read as it is typed: the signal would go to the terminal's session, which may be another's.
    private static let interrupt: UInt8 = 3

    private let lines: Int32?

    /// - Parameter lines: A descriptor that holds the answers; nil asks on the terminal.
    init(lines: Int32?) {
        self.lines = lines
    }

    /// Somebody types, and reads what is said.
    static var isSomebodyThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// - Parameter isSecret: Its echo is off while it is typed.
    /// - Throws: code 5 when nobody is there, or nothing comes.
    func ask(_ question: String, isSecret: Bool = true) throws(Failure) -> SecretBuffer {
        if let lines { return try readLine(lines, question) }
        var saved = termios()
        guard let terminal = PromptTerminal.open(), tcgetattr(terminal.raw, &saved) == 0 else {
            throw Failure(.proof, "there is no terminal to ask on; use --secret-fd N")
        }
        var changed = saved
        changed.c_lflag &= ~tcflag_t(isSecret ? ECHO | ISIG : ISIG)
        changed.c_lflag |= tcflag_t(ICANON | ECHONL)
        // An interrupted line is complete.
        withUnsafeMutableBytes(of: &changed.c_cc) { $0[Int(VEOL)] = LoginPrompt.interrupt }
        // What was typed before the question is no answer to it.
        tcsetattr(terminal.raw, TCSAFLUSH, &changed)
        defer { tcsetattr(terminal.raw, TCSANOW, &saved) }
        try? terminal.write("\(question): ", stage: "ask")
        return try readLine(terminal.raw, question)
    }

    /// Asks for what is no secret.
    func text(_ question: String) throws(Failure) -> String {
        let answer = try ask(question, isSecret: false)
        return answer.withBytes { String(decoding: $0, as: UTF8.self) }
    }

    private func readLine(_ descriptor: Int32, _ question: String) throws(Failure) -> SecretBuffer {
        var answer = try SecretBuffer.make(capacity: LoginPrompt.longest)
        while true {
            var byte: UInt8 = 0
            let got = try failing(.proof) { () throws(SystemError) in
                try retrying("read an answer") { read(descriptor, &byte, 1) }
            }
            if got == 0 || byte == UInt8(ascii: "\n") { break }
            if byte == LoginPrompt.interrupt && lines == nil { throw Failure(.proof, "nobody answered, and nothing was changed") }
            guard answer.append(byte) else { throw Failure(.proof, "the answer to \"\(question)\" is too long") }
        }
        if answer.count == 0 { throw Failure(.proof, "no answer came to \"\(question)\"") }
        return answer
    }
}
