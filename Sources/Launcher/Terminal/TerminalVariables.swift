import Linux

/// The variables that describe a terminal, which go with it into a pod.
enum TerminalVariables {
    private static let names = ["TERM", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ"]

    static var current: [String: String] {
        var result: [String: String] = [:]
        for name in names { result[name] = environmentValue(name) }
        return result
    }
}
