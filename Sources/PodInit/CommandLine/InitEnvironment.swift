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
        func value(_ name: String) -> String? {
            dialect.variables.contains { sameText($0.name, name) } ? environmentValue(name) : nil
        }
        return InitEnvironment(
            isSubreaper: value("TINI_SUBREAPER") != nil,
            signalsGroup: value("TINI_KILL_PROCESS_GROUP") != nil,
            verbosity: value("TINI_VERBOSITY"),
            isSingleChild: value("DUMB_INIT_SETSID").map { sameText($0, "0") } ?? false,
            isVerbose: value("CATATONIT_DEBUG") != nil || (value("DUMB_INIT_DEBUG").map { sameText($0, "1") } ?? false))
    }
}
