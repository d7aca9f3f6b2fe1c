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

    /// `-s`, or `-r` and `--rewrite`.
    var names: [String]
    /// What `--help` calls its value; nil when it has none.
    var value: String?
    var effect: Effect
    /// What `--help` says of it; nil for what is no person's to use, or is told elsewhere.
    var help: String?

    init(_ names: [String], takes value: String? = nil, _ effect: Effect, _ help: String? = nil) {
        self.names = names
        self.value = value
        self.effect = effect
        self.help = help
    }

    func isCalled(_ word: String) -> Bool {
        names.contains { sameText($0, word) }
    }

    /// Whether one of its names is a dash and `letter`.
    func isCalled(letter: UInt8) -> Bool {
        names.contains { $0.utf8.count == 2 && $0.utf8.last == letter }
    }
}

/// The options, each once; a ``Dialect`` has some of them.
extension CommandLineOption {
    static let subreaper = CommandLineOption(["-s"], .subreaper, "become the reaper of our descendants when not PID 1")
    static let group = CommandLineOption(["-g"], .group, "send signals to COMMAND's whole process group")
    static let singleChild = CommandLineOption(
        ["-c", "--single-child"], .singleChild, "send signals to COMMAND alone, which has no session of its own")
    static let session = CommandLineOption(
        ["--session"], .session, "give COMMAND a session with the terminal, send signals to its group, and TERM at its end")
    static let waitForAll = CommandLineOption(
        ["--wait-all"], .waitForAll, "end when the last process has ended, not with COMMAND")
    static let pause = CommandLineOption(["-P", "--pause"], .pause, "run no command: reap orphans until INT or TERM")
    static let rewrite = CommandLineOption(
        ["-r", "--rewrite"], takes: "S:R", .rewrite, "send signal R where S came, or none if R is 0; may be repeated")
    static let parentDeath = CommandLineOption(["-p"], takes: "SIGNAL", .parentDeath, "receive SIGNAL when our parent dies")
    static let expect = CommandLineOption(
        ["-e"], takes: "CODE", .expect, "let COMMAND's exit status CODE count as 0; may be repeated")
    static let warnOnReap = CommandLineOption(["-w"], .warnOnReap, "say when an orphan was reaped")
    static let verbose = CommandLineOption(["-v"], .verbose, "say more; may be repeated")
    static let verboseAtOnce = CommandLineOption(["-v", "--verbose"], .loud, "say what is done")
    static let license = CommandLineOption(["-l"], .license, "print the license")
    static let licenseCapital = CommandLineOption(["-L"], .license, "print the license")
    static let help = CommandLineOption(["-h", "--help"], .help, "print this text")
    static let version = CommandLineOption(["--version"], .version, "print the version")
    static let versionCapital = CommandLineOption(["-V", "--version"], .version, "print the version")
    static let probe = CommandLineOption(["--probe"], takes: "KIND", .probe)
    static let ensureSession = CommandLineOption(["--ensure-session"], takes: "NAME", .ensureSession)
}
