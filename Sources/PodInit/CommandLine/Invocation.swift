import CLinux
import Linux

/// What a command line asks `tazpod-init` to do.
enum Invocation: Equatable {
    case help
    case version
    case license
    case run(RunOptions)
    case supervise
    /// Asks the running supervisor, again and again for so many seconds until it says yes.
    case probe(ProbeKind, seconds: Int)
    /// Asks the running supervisor to make sure that a public session exists: what tmux calls when one ends.
    case ensureSession(String)
}

enum ProbeKind: Equatable {
    case ready
    case live

    var name: String {
        switch self {
        case .ready: "ready"
        case .live: "live"
        }
    }
}

/// How to run one command, in tini's terms.
struct RunOptions: Equatable {
    var command: [[UInt8]] = []
    /// `-s`: become the reaper of our descendants when we are not PID 1.
    var isSubreaper = false
    /// `-g`: signals go to the command's process group.
    var signalsGroup = false
    /// `-w`: say when an orphan was reaped.
    var warnsOnReap = false
    /// `-p`: the signal that our parent's death sends us.
    var parentDeathSignal: Int32?
    /// `-e`: statuses of the command that count as 0.
    var expectedStatuses: [Int32] = []
    /// `-v`, up to three times; 1 when nothing is said: warnings.
    var verbosity = 1
}

/// The environment variables that stand in for options, as tini has them.
struct InitEnvironment: Equatable {
    var isSubreaper = false
    var signalsGroup = false
    var verbosity: String?

    static var current: InitEnvironment {
        InitEnvironment(
            isSubreaper: environmentValue("TINI_SUBREAPER") != nil,
            signalsGroup: environmentValue("TINI_KILL_PROCESS_GROUP") != nil,
            verbosity: environmentValue("TINI_VERBOSITY"))
    }
}

extension Invocation {
    /// Reads the arguments after the program's name. Options end at the first word that is none, or after `--`.
    static func parse(_ arguments: [[UInt8]], environment: InitEnvironment) throws(InitFailure) -> Invocation {
        var options = RunOptions()
        options.isSubreaper = environment.isSubreaper
        options.signalsGroup = environment.signalsGroup
        if let text = environment.verbosity {
            guard let level = Int(text), level >= 0 else {
                throw usage("TINI_VERBOSITY is \(text); it must be a number from 0 on")
            }
            options.verbosity = level
        }
        if arguments.isEmpty { return .supervise }

        var words = WordReader(arguments)
        while let word = words.peekOption() {
            words.skip()
            if sameText(word, "--") { break }
            if sameText(word, "--version") { return .version }
            if sameText(word, "--help") { return .help }
            if sameText(word, "--probe") { return try probe(&words) }
            if sameText(word, "--ensure-session") { return try ensureSession(&words) }
            if word.utf8.starts(with: "--".utf8) { throw usage("there is no option \(word)") }
            if let other = try applyShortOptions(word, &words, &options) { return other }
        }
        options.command = words.rest
        guard !options.command.isEmpty else { throw usage("a command is missing after the options") }
        return .run(options)
    }

    /// Letters may be joined, and a value may follow its letter at once: `-gvp TERM`, `-e143`.
    private static func applyShortOptions(
        _ word: String, _ words: inout WordReader, _ options: inout RunOptions
    ) throws(InitFailure) -> Invocation? {
        var letters = word.utf8.dropFirst()
        while let letter = letters.popFirst() {
            switch letter {
            case UInt8(ascii: "h"): return .help
            case UInt8(ascii: "l"): return .license
            case UInt8(ascii: "s"): options.isSubreaper = true
            case UInt8(ascii: "g"): options.signalsGroup = true
            case UInt8(ascii: "w"): options.warnsOnReap = true
            case UInt8(ascii: "v"): options.verbosity += 1
            case UInt8(ascii: "p"), UInt8(ascii: "e"):
                let attached = String(decoding: Array(letters), as: UTF8.self)
                let value = attached.isEmpty ? try words.value(of: letter == UInt8(ascii: "p") ? "-p" : "-e") : attached
                letters = letters.suffix(0)
                if letter == UInt8(ascii: "p") {
                    options.parentDeathSignal = try signal(value)
                } else {
                    options.expectedStatuses.append(try status(value))
                }
            default: throw usage("there is no option \(word)")
            }
        }
        return nil
    }

    private static func probe(_ words: inout WordReader) throws(InitFailure) -> Invocation {
        let kind = try probeKind(words.value(of: "--probe"))
        if words.rest.isEmpty { return .probe(kind, seconds: 0) }
        guard sameText(words.peekOption() ?? "", "--wait") else { throw wrongProbe }
        words.skip()
        guard let seconds = Int(try words.value(of: "--wait")), seconds >= 0, seconds <= 3600, words.rest.isEmpty else {
            throw wrongProbe
        }
        return .probe(kind, seconds: seconds)
    }

    private static var wrongProbe: InitFailure {
        usage("--probe goes with --wait and a number of seconds up to 3600")
    }

    private static func ensureSession(_ words: inout WordReader) throws(InitFailure) -> Invocation {
        let name = try words.value(of: "--ensure-session")
        guard words.rest.isEmpty else { throw usage("--ensure-session takes one name") }
        return .ensureSession(name)
    }

    private static func probeKind(_ text: String) throws(InitFailure) -> ProbeKind {
        if sameText(text, "ready") { return .ready }
        if sameText(text, "live") { return .live }
        throw usage("--probe takes ready or live, not \(text)")
    }

    private static func signal(_ text: String) throws(InitFailure) -> Int32 {
        guard let number = SignalName.number(text) else { throw usage("-p takes a signal's name or number, not \(text)") }
        return number
    }

    private static func status(_ text: String) throws(InitFailure) -> Int32 {
        guard let number = Int32(text), number >= 0, number <= 255 else {
            throw usage("-e takes an exit status from 0 to 255, not \(text)")
        }
        return number
    }

    /// tini ends with 1 on a wrong command line, and so do we: scripts test for it.
    private static func usage(_ sentence: String) -> InitFailure {
        InitFailure(status: 1, "\(sentence); see tazpod-init --help")
    }
}

/// Walks over the arguments.
private struct WordReader {
    private var words: [[UInt8]]
    private var next = 0

    init(_ words: [[UInt8]]) {
        self.words = words
    }

    var rest: [[UInt8]] { Array(words[next...]) }

    /// The next word if it looks like an option: a dash and something more.
    func peekOption() -> String? {
        guard next < words.count, words[next].count > 1, words[next][0] == UInt8(ascii: "-") else { return nil }
        return String(decoding: words[next], as: UTF8.self)
    }

    mutating func skip() {
        next += 1
    }

    mutating func value(of option: String) throws(InitFailure) -> String {
        guard next < words.count else { throw InitFailure(status: 1, "\(option) needs a value; see tazpod-init --help") }
        defer { next += 1 }
        return String(decoding: words[next], as: UTF8.self)
    }
}
