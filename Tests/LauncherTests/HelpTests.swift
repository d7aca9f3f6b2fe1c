import ArgumentParser
import Testing

@testable import Launcher

struct HelpTests {
    /// Every command that people see, with the words that lead to it.
    private static let commands = all(Tazpod.self, ["tazpod"])

    private static func all(_ command: any ParsableCommand.Type, _ words: [String]) -> [(words: String, help: String)] {
        let help = Tazpod.helpMessage(for: command, columns: 500)
        return [(words.joined(separator: " "), help)]
            + command.configuration.subcommands.filter { $0.configuration.shouldDisplay }.flatMap { verb in
                all(verb, words + [verb._commandName])
            }
    }

    @Test("The help of every verb has an example, of that verb", arguments: commands.dropFirst().map { $0.words })
    func examples(words: String) {
        let help = HelpTests.commands.first { $0.words == words }?.help ?? ""
        let example = help.split(separator: "\n").first { $0.hasPrefix("Example: ") } ?? ""
        #expect(example.contains(words), "\(help)")
    }

    @Test("Every shell gets completions", arguments: CompletionsCommand.Shell.allCases)
    func completions(shell: CompletionsCommand.Shell) throws {
        #expect(throws: Never.self) { try Tazpod.parseAsRoot(["completions", shell.rawValue]) }
    }

    @Test("What is no shell, or none, is refused", arguments: [["completions"], ["completions", "csh"]])
    func noShell(words: [String]) {
        #expect(throws: (any Error).self) { try Tazpod.parseAsRoot(words) }
    }
}
