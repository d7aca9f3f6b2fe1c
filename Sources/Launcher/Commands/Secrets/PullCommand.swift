import ArgumentParser
import Contract
import SecretsPlan

struct PullCommand: AsyncParsableCommand, PodVerb, GhostVerb {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Fetch the secrets that secrets.yml names into the vault.",
        discussion: """
            The vault is opened if it is locked. Each secret goes to its file in the vault, or to its variable of the ghost; \
            nothing is printed of it. What cannot be fetched leaves what was there, is named with its reason, and makes the exit \
            code other than 0.

            Programs (source: command) run in the ghost; new ones, after the first pull, ask to be accepted. Variables of the \
            host's environment (source: env) go only as far as they were allowed, by name.

            Example: tazpod pull
            """)

    @Flag(help: "Accept the programs that secrets.yml has run in the ghost.")
    var allowCommands = false

    @Option(help: ArgumentHelp("Let this variable of the host's environment go into the vault.", valueName: "name"))
    var allowEnv: [String] = []

    @Flag(help: "Go on, and pull again every so often.")
    var watch = false

    @Option(help: ArgumentHelp("How often, with --watch.", valueName: "time"))
    var every: String = "10m"

    @Option(help: ArgumentHelp("Read the vault's passphrase from this descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    @Option(help: .hidden)
    var givenFd: Int32?

    @Flag(help: .hidden)
    var hostFollows = false

    @Flag(help: .hidden)
    var withoutHost = false

    @Flag(help: .hidden)
    var onlyOpen = false

    @OptionGroup var options: GlobalOptions

    @Argument(help: "The secrets to pull; all of them where none is named.")
    var names: [String] = []

    func validate() throws {
        if interval == nil { throw ValidationError("--every takes a time of a second or more, like 10m") }
    }

    private var interval: UInt64? { Quantities.seconds(every).flatMap { (1...366 * 86_400).contains($0) ? $0 : nil } }

    var passphrase: SecretOrigin? { passphraseFd.map { .line($0) } }

    // -- in the pod --------------------------------------------------------------------------------------------------------

    func runInPod() throws {
        guard GhostErrand.isThere else {
            return try errand(before: .nothingWanted).runInPod(passphrase: passphrase, onlyOpen: onlyOpen)
        }
        var words = ["pull"] + (options.json ? ["--json"] : []) + (options.quiet ? ["--quiet"] : [])
        if allowCommands { words.append("--allow-commands") }
        if let givenFd { words += ["--given-fd", String(givenFd)] }
        if hostFollows { words.append("--host-follows") }
        if withoutHost { words.append("--without-host") }
        if watch { words += ["--every", String(interval ?? 0)] }
        try SecretsProgram.become(words + ["--"] + names, plan: SecretsProgram.planInPod())
    }

    // -- on the host -------------------------------------------------------------------------------------------------------

    func run(through ghost: DirectGhost) throws -> Int32 {
        let given = try gather()
        let status = try errand(before: given).run(through: ghost, then: given.input)
        if watch && given.input != nil { return try errand(before: .nothing).run(through: ghost, then: nil) }
        return status == 0 && !given.isComplete ? ExitCode.refused.rawValue : status
    }

    func run() async throws {
        let given = try gather()
        let pod = try await options.findRunningPod()
        let ghost = HostGhost(pod: pod, log: options.log, passphrase: passphrase)
        let status = try errand(before: given).run(on: ghost, then: given.input)
        if watch && given.input != nil { try PassedStatus.pass(errand(before: .nothing).run(on: ghost, then: nil)) }
        try PassedStatus.pass(status)
        if !given.isComplete { throw PassedStatus(ExitCode.refused.rawValue) }
    }

    private func gather() throws -> HostValues.Gathered {
        let project = try options.findProject()
        let plan = try SecretsProgram.plan(in: project.directory)
        let words = ["pull"] + options.passedOn
        return try HostValues(project: project, plan: plan).gather(allowing: allowEnv, only: names, words: words)
    }

    /// What the pod's own tazpod is asked. Before the host's own values come, it ends after one pull.
    private func errand(before given: HostValues.Gathered) -> GhostErrand {
        var words = ["pull"] + options.passedOn + (allowCommands ? ["--allow-commands"] : []) + given.words
        if watch && given.input == nil { words += ["--watch", "--every", every] }
        // As the host asked it of us, for the ghost.
        words += (hostFollows ? ["--host-follows"] : []) + (withoutHost ? ["--without-host"] : [])
        return GhostErrand(words: words + names)
    }
}
