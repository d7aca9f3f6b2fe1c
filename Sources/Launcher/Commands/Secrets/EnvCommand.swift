import ArgumentParser
import Contract

struct EnvCommand: ParsableCommand, PodVerb {
    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish
    }

    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Print the secrets' variables, for a shell in the ghost to take over.",
        discussion: """
            Only in a ghost, and not on a terminal. A new shell of the ghost has them already; this is for one that was there \
            before a pull. In fish it needs the quotes, too.

            Example: eval "$(tazpod env)"
            """)

    @Option(help: "The shell that reads them; without it, the one that asks.")
    var shell: Shell?

    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        guard GhostErrand.isThere else { return try run() }
        try SecretsProgram.become(["env"] + (shell.map { ["--shell", $0.rawValue] } ?? []))
    }

    func run() throws {
        throw Failure(.refused, "secrets are printed only in a ghost; run it there: tazpod unlock, then eval \"$(tazpod env)\"")
    }
}
