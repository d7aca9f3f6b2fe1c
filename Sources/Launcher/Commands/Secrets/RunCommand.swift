import ArgumentParser
import Contract

struct RunCommand: AsyncVerb, PodVerb, GhostVerb {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run one command in the ghost with the secrets in its environment.",
        discussion: """
            Nothing of them is left behind when it ends, and no other program of the ghost has them from it. The vault must be \
            open, unless this is typed in its ghost.

            Example: tazpod run -- terraform plan
            """)

    @Option(help: ArgumentHelp("Read the vault's passphrase from this descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    @OptionGroup var options: GlobalOptions

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("there is no command; write it after --, like: tazpod run -- make deploy") }
    }

    var passphrase: SecretOrigin? { passphraseFd.map { .line($0) } }

    func runInPod() throws {
        if GhostErrand.isThere { try SecretsProgram.become(["run", "--"] + command) }
        try PassedStatus.pass(GhostClient(verb: "exec", command: words, passphrase: passphrase).run())
    }

    private var words: [String] { ["tazpod", "run", "--"] + command }

    func run(through ghost: DirectGhost) throws -> Int32 {
        try ghost.exec(words)
    }

    func run() async throws {
        let pod = try await options.findRunningPod()
        try await HostGhost(pod: pod, log: options.log, passphrase: passphrase).exec(words)
    }
}
