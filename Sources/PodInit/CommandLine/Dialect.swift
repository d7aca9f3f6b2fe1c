import Contract
import Linux

/// A command line that `tazpod-init` speaks: its own, or that of the program by whose name it was started.
struct Dialect {
    var name: String
    var options: [CommandLineOption]
    /// How a command is run when no option says otherwise.
    var defaults: RunOptions
    /// The environment variables that stand in for options.
    var variables: [Variable]
    /// What `--version` prints.
    var version: String
    /// Whether no argument at all means to supervise a workspace; else it is an error.
    var supervises = false

    struct Variable {
        var name: String
        var help: String
    }

    /// The dialect for the name that we were started by, which argv[0] tells.
    static func named(_ program: [UInt8]) -> Dialect {
        let name = program.split(separator: UInt8(ascii: "/")).last ?? []
        return others.first { dialect in dialect.isFor.contains { name.elementsEqual($0.utf8) } }?.dialect ?? own
    }

    private static let others: [(isFor: [String], dialect: Dialect)] = [
        (["tini", "tini-static", "docker-init"], tini), (["dumb-init"], dumbInit), (["catatonit"], catatonit),
    ]

    private static let ownVersion = "tazpod-init \(tazpodVersion)"

    private static let tiniVariables = [
        Variable(name: "TINI_SUBREAPER", help: "set: as -s"),
        Variable(name: "TINI_KILL_PROCESS_GROUP", help: "set: as -g"),
        Variable(name: "TINI_VERBOSITY", help: "how much is said: 0 nothing, 1 warnings, up to 3"),
    ]

    static let own = Dialect(
        name: "tazpod-init",
        options: [
            .subreaper, .group, .singleChild, .session, .rewrite, .parentDeath, .expect, .waitForAll, .pause, .warnOnReap,
            .verbose,
            .license, .help, .version, .probe, .ensureSession,
        ],
        defaults: RunOptions(), variables: tiniVariables, version: ownVersion, supervises: true)

    /// `docker info` shows what follows "tini version".
    static let tini = Dialect(
        name: "tini",
        options: [.subreaper, .group, .parentDeath, .expect, .warnOnReap, .verbose, .license, .help, .version],
        defaults: RunOptions(), variables: tiniVariables, version: "tini version 0.19.0 (\(ownVersion))")

    static let dumbInit = Dialect(
        name: "dumb-init",
        options: [.singleChild, .rewrite, .verboseAtOnce, .help, .versionCapital],
        defaults: RunOptions(signalsGroup: true, hasSession: true, stopsWithSignal: true, verbosity: 0),
        variables: [
            Variable(name: "DUMB_INIT_SETSID", help: "0: as -c"), Variable(name: "DUMB_INIT_DEBUG", help: "1: as -v"),
        ],
        version: "dumb-init v1.2.5 (\(ownVersion))")

    static let catatonit = Dialect(
        name: "catatonit",
        options: [.group, .pause, .licenseCapital, .help, .versionCapital],
        defaults: RunOptions(isSubreaper: true, verbosity: 0),
        variables: [Variable(name: "CATATONIT_DEBUG", help: "set: say what is done")],
        version: "tini version 0.2.1_catatonit (\(ownVersion))")
}
