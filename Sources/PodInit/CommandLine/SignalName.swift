import CLinux
import Linux

/// The names of signals, as kill(1) takes them.
enum SignalName {
    /// The number for `TERM`, `SIGTERM`, `15`, `RTMIN+3` or `RTMAX-1`; nil if there is no such signal.
    static func number(_ text: String) -> Int32? {
        if let number = Int32(text) { return SignalNumbers.all.contains(number) ? number : nil }
        let bare = text.utf8.starts(with: "SIG".utf8) ? String(decoding: Array(text.utf8.dropFirst(3)), as: UTF8.self) : text
        return names.first { sameText($0.name, bare) }?.number ?? realTime(bare)
    }

    private static func realTime(_ text: String) -> Int32? {
        let range = SignalNumbers.realTimeMinimum...SignalNumbers.all.upperBound
        let isFromMinimum = text.utf8.starts(with: "RTMIN".utf8)
        guard isFromMinimum || text.utf8.starts(with: "RTMAX".utf8) else { return nil }
        let distance = String(decoding: Array(text.utf8.dropFirst(5)), as: UTF8.self)
        if distance.isEmpty { return isFromMinimum ? range.lowerBound : range.upperBound }
        // A bare number, or one with the other sign, is refused.
        guard distance.utf8.first == UInt8(ascii: isFromMinimum ? "+" : "-"), let offset = Int8(distance) else { return nil }
        let number = (isFromMinimum ? range.lowerBound : range.upperBound) &+ Int32(offset)
        return range.contains(number) ? number : nil
    }

    private static let names: [(name: String, number: Int32)] = [
        ("HUP", SIGHUP), ("INT", SIGINT), ("QUIT", SIGQUIT), ("ILL", SIGILL), ("TRAP", SIGTRAP), ("ABRT", SIGABRT),
        ("BUS", SIGBUS), ("FPE", SIGFPE), ("KILL", SIGKILL), ("USR1", SIGUSR1), ("SEGV", SIGSEGV), ("USR2", SIGUSR2),
        ("PIPE", SIGPIPE), ("ALRM", SIGALRM), ("TERM", SIGTERM), ("STKFLT", 16), ("CHLD", SIGCHLD), ("CONT", SIGCONT),
        ("STOP", SIGSTOP), ("TSTP", SIGTSTP), ("TTIN", SIGTTIN), ("TTOU", SIGTTOU), ("URG", SIGURG), ("XCPU", SIGXCPU),
        ("XFSZ", SIGXFSZ), ("VTALRM", SIGVTALRM), ("PROF", SIGPROF), ("WINCH", SIGWINCH), ("IO", SIGIO), ("PWR", SIGPWR),
        ("SYS", SIGSYS),
    ]
}
