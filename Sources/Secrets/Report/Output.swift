import CLinux
import Linux

/// Lines for people on standard error; what was asked for on standard output.
enum Output {
    static func complain(_ sentence: String) {
        write(STDERR_FILENO, "tazpod: \(sentence)\n")
    }

    static func printText(_ text: String) {
        write(STDOUT_FILENO, text)
    }

    private static func write(_ descriptor: Int32, _ text: String) {
        let borrowed = Descriptor(owning: descriptor)
        // A reader that has gone is no error of ours.
        try? borrowed.write(text, stage: "print")
        _ = borrowed.release()
    }
}
