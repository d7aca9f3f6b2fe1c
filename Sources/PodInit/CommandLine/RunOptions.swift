import CLinux
import Linux

/// How to run one command.
struct RunOptions: Equatable {
    static let loud = 3

    var command: [[UInt8]] = []
    /// `-s`: become the reaper of our descendants when we are not PID 1.
    var isSubreaper = false
    /// `-g`: signals go to the command's process group.
    var signalsGroup = false
    /// `--session`: the command has a session of its own, and the terminal.
    var hasSession = false
    /// A signal that asks for a stop (TSTP, TTIN, TTOU) stops us as well, whatever the command makes of it.
    var stopsWithSignal = false
    /// `-r`, in their order.
    var rewrites: [SignalRewrite] = []
    /// `-w`: say when an orphan was reaped.
    var warnsOnReap = false
    /// `-p`: the signal that our parent's death sends us.
    var parentDeathSignal: Int32?
    /// `-e`: statuses of the command that count as 0.
    var expectedStatuses: [Int32] = []
    /// `--wait-all`: end with the last process, not with the command.
    var waitsForAll = false
    /// `-P`: there is no command.
    var pauses = false
    /// 0 says nothing but why no command runs, 1 what is wrong, 2 and 3 also what is done.
    var verbosity = 1

    /// `--session`, which is how dumb-init runs a command.
    mutating func giveSession() {
        signalsGroup = true
        hasSession = true
        stopsWithSignal = true
    }

    /// `-c`.
    mutating func signalCommandAlone() {
        signalsGroup = false
        hasSession = false
    }

    /// The signal to send when `number` came; 0 for none.
    func sent(for number: Int32) -> Int32 {
        if let rewrite = rewrites.last(where: { $0.from == number }) { return rewrite.to }
        // The group of a session that has no shell above it takes no notice of the terminal's stops (setpgid(2)).
        return hasSession && SignalNumbers.terminalStops.contains(number) ? SIGSTOP : number
    }
}

/// `S:R`: where signal `from` came, `to` is sent, or nothing if that is 0.
struct SignalRewrite: Equatable {
    var from: Int32
    var to: Int32

    init(from: Int32, to: Int32) {
        self.from = from
        self.to = to
    }

    /// Reads `15:2`, `TERM:INT` or `WINCH:0`.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, let from = SignalName.number(String(decoding: parts[0], as: UTF8.self)) else { return nil }
        let replacement = String(decoding: parts[1], as: UTF8.self)
        guard let to = sameText(replacement, "0") ? 0 : SignalName.number(replacement) else { return nil }
        self.init(from: from, to: to)
    }
}
