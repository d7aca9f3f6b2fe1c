import Linux

/// What `--help` and `-l` print.
enum Usage {
    static let license = """
        TazPod is free software under the Apache License, Version 2.0: https://www.apache.org/licenses/LICENSE-2.0
        """

    static func help(_ dialect: Dialect) -> String {
        var text = heading(dialect)
        text.append("\n\nOptions:\n")
        for option in CommandLineOption.all where option.owners.contains(dialect.owner) {
            if let help = option.help { text.append(row(synopsis(option), help)) }
        }
        text.append("\nEnvironment:\n")
        for variable in dialect.variables { text.append(row(variable.name, variable.help)) }
        text.append(ending)
        return text.text
    }

    private static func heading(_ dialect: Dialect) -> Sentence {
        guard dialect == .own else {
            return """
                \(dialect.name), as tazpod-init stands in for it

                Usage: \(dialect.name) [OPTIONS] [--] COMMAND [ARG...]
                """
        }
        return """
            tazpod-init, the first process of a pod

            Usage: tazpod-init [OPTIONS] [--] COMMAND [ARG...]   run COMMAND, forward signals to it, reap orphans
                   tazpod-init                                   supervise a workspace
                   tazpod-init --probe ready|live [--wait SECONDS]
                                                                 ask the supervisor; 0 or 1

            Started under the name tini, dumb-init or catatonit, it takes that program's options.
            """
    }

    private static let ending: Sentence = """

        Exit status: COMMAND's own; 128+n when signal n ended it; 127 when it was not found, 126 when it could not be run.
        """

    private static func synopsis(_ option: CommandLineOption) -> String {
        var text: Sentence = ""
        if let short = option.short { text.append("\(short)") }
        if option.short != nil && option.long != nil { text.append(", ") }
        if let long = option.long { text.append("\(long)") }
        if let value = option.value { text.append(" \(value)") }
        return text.text
    }

    private static let leftColumn = 26

    private static func row(_ left: String, _ right: String) -> Sentence {
        var text: Sentence = "  \(left)"
        for _ in left.utf8.count..<max(leftColumn, left.utf8.count &+ 1) { text.append(" ") }
        text.append("\(right)\n")
        return text
    }
}
