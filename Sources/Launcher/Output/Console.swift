import CLinux
import FoundationEssentials
import Linux
import Logging

/// Standard output for what was asked for, standard error for everything else.
enum Console {
    static let prefix = "tazpod: "

    static func printLine(_ text: String) {
        writeAll(STDOUT_FILENO, text + "\n")
    }

    /// Lines that end by themselves.
    static func printText(_ text: String) {
        writeAll(STDOUT_FILENO, text)
    }

    static func printError(_ text: String) {
        writeAll(STDERR_FILENO, text + "\n")
    }

    static func complain(_ sentence: String) {
        writeAll(STDERR_FILENO, "\(prefix)\(sentence)\n")
    }

    /// One line of JSON, with the keys in order.
    static func printJSON(_ value: some Encodable) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { return }
        printLine(String(decoding: data, as: UTF8.self))
    }

    /// Both ends of the conversation are a terminal.
    static var isInteractive: Bool {
        isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
    }

    /// Whether what is printed may be coloured (no-color.org).
    static var hasColour: Bool {
        isatty(STDOUT_FILENO) == 1 && (environmentValue("NO_COLOR") ?? "").isEmpty && environmentValue("TERM") != "dumb"
    }

    private static func writeAll(_ descriptor: Int32, _ text: String) {
        let borrowed = Descriptor(owning: descriptor)
        // A reader that has gone is no error of ours: SIGPIPE, or the next command, says so.
        try? borrowed.write(text, stage: "print")
        _ = borrowed.release()
    }
}

/// Lines for people on standard error, in place of swift-log's own format.
struct ConsoleLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        Console.complain("\(event.message)")
    }
}
