import Linux

/// What the environment variables that stand in for options say.
struct InitEnvironment: Equatable {
    var isSubreaper = false
    var signalsGroup = false
    var verbosity: String?
    var isSingleChild = false
    var isVerbose = false

    /// Every init's variables are its own: those of another one's dialect count for nothing.
    static func current(for dialect: Dialect) -> InitEnvironment {
        var result = InitEnvironment()
        switch dialect {
        case .own, .tini:
            result.isSubreaper = environmentValue("TINI_SUBREAPER") != nil
            result.signalsGroup = environmentValue("TINI_KILL_PROCESS_GROUP") != nil
            result.verbosity = environmentValue("TINI_VERBOSITY")
        case .dumbInit:
            result.isSingleChild = isValue("0", of: "DUMB_INIT_SETSID")
            result.isVerbose = isValue("1", of: "DUMB_INIT_DEBUG")
        case .catatonit:
            result.isVerbose = environmentValue("CATATONIT_DEBUG") != nil
        }
        return result
    }

    private static func isValue(_ text: String, of name: String) -> Bool {
        environmentValue(name).map { sameText($0, text) } ?? false
    }
}
