import ArgumentParser

/// Reads a command line that begins with a verb by the parser of that verb alone, without what the root asks of every line first.
enum VerbParser {
    /// What the root's own parser would give. It has the last word: on help, versions, completions, and everything that is wrong.
    static func parse(_ words: [String]) throws -> any ParsableCommand {
        try command(words[...]) ?? Tazpod.parseAsRoot(words)
    }

    private static func command(_ words: ArraySlice<String>) -> (any ParsableCommand)? {
        var verb: any ParsableCommand.Type = Tazpod.self
        var rest = words
        while let next = subcommand(rest.first, of: verb) {
            verb = next
            rest.removeFirst()
        }
        guard verb.configuration.subcommands.isEmpty else { return nil }
        return try? verb.parse(Array(rest))
    }

    private static func subcommand(_ word: String?, of verb: any ParsableCommand.Type) -> (any ParsableCommand.Type)? {
        verb.configuration.subcommands.first { candidate in
            let configuration = candidate.configuration
            return word == configuration.commandName || configuration.aliases.contains { $0 == word }
        }
    }
}
