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

extension Invocation {
    /// Reads the arguments after the program's name. Options end at the first word that is none, or after `--`.
    static func parse(
        _ arguments: [[UInt8]], in dialect: Dialect = .own, environment: InitEnvironment
    ) throws(InitFailure) -> Invocation {
        var parser = try InvocationParser(arguments, dialect, environment)
        return try parser.parse()
    }
}

private struct InvocationParser {
    private let dialect: Dialect
    private var words: WordReader
    private var options: RunOptions

    init(_ arguments: [[UInt8]], _ dialect: Dialect, _ environment: InitEnvironment) throws(InitFailure) {
        self.dialect = dialect
        words = WordReader(arguments)
        options = dialect.defaults
        if environment.isSubreaper { options.isSubreaper = true }
        if environment.signalsGroup { options.signalsGroup = true }
        if environment.isSingleChild { options.signalCommandAlone() }
        if environment.isVerbose { options.verbosity = RunOptions.loud }
        if let text = environment.verbosity {
            guard let level = Int(text), level >= 0 else {
                throw usage("TINI_VERBOSITY is \(text); it must be a number from 0 on")
            }
            options.verbosity = level
        }
    }

    mutating func parse() throws(InitFailure) -> Invocation {
        if words.isAtEnd, dialect == .own { return .supervise }
        while let word = words.nextOption() {
            if sameText(word, "--") { break }
            let isLong = word.utf8.starts(with: "--".utf8)
            if let other = try isLong ? applyLong(word) : applyLetters(word) { return other }
        }
        options.command = words.rest
        if options.pauses {
            guard options.command.isEmpty else { throw usage("--pause takes no command") }
        } else {
            guard !options.command.isEmpty else { throw usage("a command is missing after the options") }
        }
        return .run(options)
    }

    /// `--rewrite S:R` or `--rewrite=S:R`.
    private mutating func applyLong(_ word: String) throws(InitFailure) -> Invocation? {
        let parts = word.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(decoding: parts[0], as: UTF8.self)
        let attached = parts.count == 2 ? String(decoding: parts[1], as: UTF8.self) : nil
        guard let option = dialect.option(where: { $0.isCalled(name) }), option.value != nil || attached == nil else {
            throw usage("there is no option \(word)")
        }
        return try apply(option, called: name, attached)
    }

    /// Letters may be joined, and a value may follow its letter at once: `-gvp TERM`, `-e143`.
    private mutating func applyLetters(_ word: String) throws(InitFailure) -> Invocation? {
        var letters = word.utf8.dropFirst()
        while let letter = letters.popFirst() {
            guard let option = dialect.option(where: { $0.isCalled(letter: letter) }) else {
                throw usage("there is no option \(word)")
            }
            let name = String(decoding: [UInt8(ascii: "-"), letter], as: UTF8.self)
            if option.value == nil {
                if let other = try apply(option, called: name, nil) { return other }
            } else {
                let attached = String(decoding: Array(letters), as: UTF8.self)
                return try apply(option, called: name, attached.isEmpty ? nil : attached)
            }
        }
        return nil
    }

    /// - Parameter attached: The value, if it came in the same word.
    /// - Returns: what is to be done instead of running a command.
    private mutating func apply(
        _ option: CommandLineOption, called name: String, _ attached: String?
    ) throws(InitFailure) -> Invocation? {
        let value = if let attached { attached } else { option.value == nil ? "" : try self.value(of: name) }
        switch option.effect {
        case .help: return .help
        case .version: return .version
        case .license: return .license
        case .probe: return try probe(value)
        case .ensureSession: return try ensureSession(value)
        case .subreaper: options.isSubreaper = true
        case .group: options.signalsGroup = true
        case .singleChild: options.signalCommandAlone()
        case .session: options.giveSession()
        case .waitForAll: options.waitsForAll = true
        case .pause: options.pauses = true
        case .warnOnReap: options.warnsOnReap = true
        case .verbose: options.verbosity &+= 1
        case .loud: options.verbosity = RunOptions.loud
        case .parentDeath: options.parentDeathSignal = try signal(value, of: name)
        case .expect: options.expectedStatuses.append(try status(value, of: name))
        case .rewrite: options.rewrites.append(try rewrite(value, of: name))
        }
        return nil
    }

    private func probe(_ kind: String) throws(InitFailure) -> Invocation {
        var rest = words
        let probeKind = try probeKind(kind)
        if rest.isAtEnd { return .probe(probeKind, seconds: 0) }
        guard sameText(rest.nextOption() ?? "", "--wait") else { throw wrongProbe }
        guard let text = rest.next() else { throw usage("--wait needs a value") }
        guard let seconds = Int(text), seconds >= 0, seconds <= 3600, rest.isAtEnd else { throw wrongProbe }
        return .probe(probeKind, seconds: seconds)
    }

    private var wrongProbe: InitFailure {
        usage("--probe goes with --wait and a number of seconds up to 3600")
    }

    private func probeKind(_ text: String) throws(InitFailure) -> ProbeKind {
        if sameText(text, "ready") { return .ready }
        if sameText(text, "live") { return .live }
        throw usage("--probe takes ready or live, not \(text)")
    }

    private func ensureSession(_ name: String) throws(InitFailure) -> Invocation {
        guard words.isAtEnd else { throw usage("--ensure-session takes one name") }
        return .ensureSession(name)
    }

    private func signal(_ text: String, of name: String) throws(InitFailure) -> Int32 {
        guard let number = SignalName.number(text) else { throw usage("\(name) takes a signal's name or number, not \(text)") }
        return number
    }

    private func status(_ text: String, of name: String) throws(InitFailure) -> Int32 {
        guard let number = Int32(text), number >= 0, number <= 255 else {
            throw usage("\(name) takes an exit status from 0 to 255, not \(text)")
        }
        return number
    }

    private func rewrite(_ text: String, of name: String) throws(InitFailure) -> SignalRewrite {
        guard let rewrite = SignalRewrite(text) else {
            throw usage("\(name) takes two signals, as 15:2 or TERM:INT, and 0 for none, not \(text)")
        }
        return rewrite
    }

    private mutating func value(of name: String) throws(InitFailure) -> String {
        guard let value = words.next() else { throw usage("\(name) needs a value") }
        return value
    }

    /// tini ends with 1 on a wrong command line, and so do we: scripts test for it.
    private func usage(_ sentence: Sentence) -> InitFailure {
        InitFailure(status: 1, "\(sentence.text); see \(dialect.name) --help")
    }
}
