import Contract
import Linux

/// A command line that `tazpod-init` speaks: its own, or that of the program by whose name it was started.
enum Dialect {
    case own, tini, dumbInit, catatonit

    /// The dialect for the name that we were started by, which argv[0] tells.
    static func named(_ program: [UInt8]) -> Dialect {
        let name = String(decoding: program.split(separator: UInt8(ascii: "/")).last ?? [], as: UTF8.self)
        for tini in ["tini", "tini-static", "docker-init"] where sameText(name, tini) { return .tini }
        if sameText(name, "dumb-init") { return .dumbInit }
        return sameText(name, "catatonit") ? .catatonit : .own
    }

    var name: String {
        switch self {
        case .own: "tazpod-init"
        case .tini: "tini"
        case .dumbInit: "dumb-init"
        case .catatonit: "catatonit"
        }
    }

    /// What `--version` prints. `docker info` shows what follows "tini version", which is why catatonit says that too.
    var version: String {
        let own: Sentence = "tazpod-init \(tazpodVersion)"
        switch self {
        case .own: return own.text
        case .tini: return sentence("tini version 0.19.0 (\(own.text))")
        case .dumbInit: return sentence("dumb-init v1.2.5 (\(own.text))")
        case .catatonit: return sentence("tini version 0.2.1_catatonit (\(own.text))")
        }
    }

    func option(where isMeant: (CommandLineOption) -> Bool) -> CommandLineOption? {
        CommandLineOption.all.first { $0.owners.contains(owner) && isMeant($0) }
    }

    var owner: CommandLineOption.Owners {
        switch self {
        case .own: .own
        case .tini: .tini
        case .dumbInit: .dumbInit
        case .catatonit: .catatonit
        }
    }

    /// How a command is run when no option says otherwise.
    var defaults: RunOptions {
        var options = RunOptions()
        switch self {
        case .own, .tini: break
        case .dumbInit:
            options.giveSession()
            options.verbosity = 0
        case .catatonit:
            options.isSubreaper = true
            options.verbosity = 0
        }
        return options
    }

    /// The environment variables that stand in for options.
    var variables: [(name: String, help: String)] {
        switch self {
        case .own, .tini:
            [
                ("TINI_SUBREAPER", "set: as -s"), ("TINI_KILL_PROCESS_GROUP", "set: as -g"),
                ("TINI_VERBOSITY", "how much is said: 0 nothing, 1 warnings, up to 3"),
            ]
        case .dumbInit: [("DUMB_INIT_SETSID", "0: as -c"), ("DUMB_INIT_DEBUG", "1: as -v")]
        case .catatonit: [("CATATONIT_DEBUG", "set: say what is done")]
        }
    }
}
