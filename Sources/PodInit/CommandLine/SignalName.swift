import CLinux
import Linux

/// The names of signals, as kill(1) takes them.
enum SignalName {
    /// The number for `TERM`, `SIGTERM` or `15`; nil if there is no such signal.
    static func number(_ text: String) -> Int32? {
        if let number = Int32(text) { return SignalNumbers.all.contains(number) ? number : nil }
        let bare = text.utf8.starts(with: "SIG".utf8) ? String(decoding: Array(text.utf8.dropFirst(3)), as: UTF8.self) : text
        return names.first { sameText($0.name, bare) }?.number
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
