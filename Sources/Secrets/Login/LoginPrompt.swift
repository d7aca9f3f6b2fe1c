import CLinux
import Contract
import Linux

/// Where `tazpod login` gets what it asks for: the terminal, or the lines of a descriptor in the order of the questions.
final class LoginPrompt {
    private static let longest = 8 * 1024

    private let lines: Int32?

    /// - Parameter lines: A descriptor that holds the answers; nil asks on the controlling terminal.
    init(lines: Int32?) {
        self.lines = lines
    }

    /// - Parameter isSecret: Its echo is off while it is typed.
    /// - Throws: code 5 when nobody is there, or nothing comes.
    func ask(_ question: String, isSecret: Bool = true) throws(Failure) -> SecretBuffer {
        if let lines { return try readLine(lines, question) }
        guard let terminal = try? Descriptor.open("/dev/tty", O_RDWR | O_NOCTTY, stage: "open the terminal") else {
            throw Failure(.proof, "there is no terminal to ask on; use --secret-fd N")
        }
        var saved = termios()
        guard tcgetattr(terminal.raw, &saved) == 0 else {
            throw Failure(.proof, "there is no terminal to ask on; use --secret-fd N")
        }
        var changed = saved
        if isSecret { changed.c_lflag &= ~tcflag_t(ECHO) }
        changed.c_lflag |= tcflag_t(ICANON | ISIG | ECHONL)
        tcsetattr(terminal.raw, TCSAFLUSH, &changed)
        defer { tcsetattr(terminal.raw, TCSANOW, &saved) }
        try? terminal.write("\(question): ", stage: "ask")
        return try readLine(terminal.raw, question)
    }

    private func readLine(_ descriptor: Int32, _ question: String) throws(Failure) -> SecretBuffer {
        try failing(.proof) { () throws(SystemError) in
            var answer = try SecretBuffer(capacity: LoginPrompt.longest)
            guard try answer.appendLine(from: descriptor), answer.count > 0 else {
                throw SystemError("read an answer to \"\(question)\": none came", errno: ENODATA)
            }
            return answer
        }
    }
}

extension LoginPrompt {
    /// Somebody types, and reads what is said.
    static var isSomebodyThere: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks for what is no secret.
    func text(_ question: String) throws(Failure) -> String {
        let answer = try ask(question, isSecret: false)
        return answer.withBytes { String(decoding: $0, as: UTF8.self) }
    }
}
