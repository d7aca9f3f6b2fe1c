import ArgumentParser
import Testing

@testable import Launcher

struct VerbParserTests {
    /// What a command line is understood as, or what is said of it.
    private static func outcome(_ parse: () throws -> any ParsableCommand) -> String {
        do {
            return "\(try parse())"
        } catch {
            return "\(Tazpod.exitCode(for: error)): \(Tazpod.fullMessage(for: error))"
        }
    }

    @Test(
        "A command line is understood as the root's own parser understands it",
        arguments: [
            "attach", "attach build --forward-port 3000 --project /p", "ssh", "exec --ghost -- ls --help", "unlock --detach",
            "vault info --json", "vault", "vault nothing", "vault info --help", "attach --help", "help attach",
            "attach --nothing",
            "attach --verbose --quiet", "exec", "exec ls", "nothing", "--version", "list --version", "", "--help",
            "--json attach",
            "attach --generate-completion-script bash", "run -- env", "completions zsh",
        ])
    func same(line: String) {
        let words = line.split(separator: " ").map { String($0) }
        let expected = VerbParserTests.outcome { try Tazpod.parseAsRoot(words) }
        #expect(VerbParserTests.outcome { try VerbParser.parse(words) } == expected)
    }
}
