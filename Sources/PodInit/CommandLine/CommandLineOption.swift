import Linux

/// One option that a command line may have.
struct CommandLineOption {
    /// What it does.
    enum Effect {
        case help, version, license
        case subreaper, group, singleChild, session, waitForAll, pause
        case warnOnReap, verbose, loud
        case parentDeath, expect, rewrite
        case probe, ensureSession
    }

    /// Whose option it is.
    struct Owners: OptionSet {
        let rawValue: UInt8

        static let own = Owners(rawValue: 1)
        static let tini = Owners(rawValue: 2)
        static let dumbInit = Owners(rawValue: 4)
        static let catatonit = Owners(rawValue: 8)
        static let all: Owners = [.own, .tini, .dumbInit, .catatonit]
    }

    /// A dash and a letter.
    var short: String?
    /// Two dashes and a word.
    var long: String?
    /// What `--help` calls its value; nil when it has none.
    var value: String?
    var effect: Effect
    var owners: Owners
    /// What `--help` says of it; nil for what is told elsewhere.
    var help: String?

    init(_ short: String?, _ long: String?, _ value: String?, _ effect: Effect, _ owners: Owners, _ help: String? = nil) {
        self.short = short
        self.long = long
        self.value = value
        self.effect = effect
        self.owners = owners
        self.help = help
    }

    func isCalled(_ word: String) -> Bool {
        long.map { sameText($0, word) } ?? false
    }

    func isCalled(letter: UInt8) -> Bool {
        short?.utf8.last == letter
    }

    static let all: [CommandLineOption] = [
        .init("-s", nil, nil, .subreaper, [.own, .tini], "become the reaper of our descendants when not PID 1"),
        .init("-g", nil, nil, .group, [.own, .tini, .catatonit], "send signals to COMMAND's whole process group"),
        .init(
            "-c", "--single-child", nil, .singleChild, [.own, .dumbInit],
            "send signals to COMMAND alone, which has no session of its own"),
        .init(
            nil, "--session", nil, .session, .own,
            "give COMMAND a session with the terminal, send signals to its group, and TERM at its end"),
        .init(
            "-r", "--rewrite", "S:R", .rewrite, [.own, .dumbInit],
            "send signal R where S came, or none if R is 0; may be repeated"),
        .init("-p", nil, "SIGNAL", .parentDeath, [.own, .tini], "receive SIGNAL when our parent dies"),
        .init("-e", nil, "CODE", .expect, [.own, .tini], "let COMMAND's exit status CODE count as 0; may be repeated"),
        .init(nil, "--wait-all", nil, .waitForAll, .own, "end when the last process has ended, not with COMMAND"),
        .init("-P", "--pause", nil, .pause, [.own, .catatonit], "run no command: reap orphans until INT or TERM"),
        .init("-w", nil, nil, .warnOnReap, [.own, .tini], "say when an orphan was reaped"),
        .init("-v", nil, nil, .verbose, [.own, .tini], "say more; may be repeated"),
        .init("-v", "--verbose", nil, .loud, .dumbInit, "say what is done"),
        .init("-l", nil, nil, .license, [.own, .tini], "print the license"),
        .init("-L", nil, nil, .license, .catatonit, "print the license"),
        .init("-h", "--help", nil, .help, .all, "print this text"),
        .init(nil, "--version", nil, .version, [.own, .tini], "print the version"),
        .init("-V", "--version", nil, .version, [.dumbInit, .catatonit], "print the version"),
        .init(nil, "--probe", "KIND", .probe, .own),
        .init(nil, "--ensure-session", "NAME", .ensureSession, .own),
    ]
}
