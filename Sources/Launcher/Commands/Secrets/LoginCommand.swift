import ArgumentParser
import CLinux
import Contract
import Linux
import SecretsPlan

struct LoginCommand: AsyncParsableCommand, PodVerb, GhostVerb {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Log in to where the secrets come from.",
        discussion: """
            What proves who you are is asked for on the terminal, tried, and kept in the vault, for that server alone. Without a \
            terminal the answers are read from a descriptor, a line each, in the order of the questions; the vault is then open, or \
            its passphrase is given too.

            Example: tazpod login infisical
            """)

    @Option(help: ArgumentHelp("Read the answers from this descriptor, a line each.", valueName: "n"))
    var secretFd: Int32?

    @Option(help: ArgumentHelp("How, where a source knows several ways.", valueName: "way"))
    var method: String?

    @Option(help: ArgumentHelp("Read the vault's passphrase from this descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    @Flag(help: .hidden)
    var onlyOpen = false

    @OptionGroup var options: GlobalOptions

    @Argument(help: "The source; without it, the one that secrets.yml names.")
    var source: String?

    var passphrase: SecretOrigin? { passphraseFd.map { .line($0) } }

    func validate() throws {
        if let source, SecretSourceName(word: source) == nil { throw ValidationError("there is no source \(source)") }
    }

    func runInPod() throws {
        guard GhostErrand.isThere else {
            if secretFd != nil { throw Failure(.usage, "answers from a descriptor are taken on the host, or in the ghost") }
            return try GhostErrand(words: words).runInPod(passphrase: passphrase, onlyOpen: onlyOpen)
        }
        let plan = try SecretsProgram.planInPod()
        var words = ["login"] + (options.quiet ? ["--quiet"] : [])
        if let secretFd { words += ["--secret-fd", String(secretFd)] }
        if let method { words += ["--method", method] }
        try SecretsProgram.become(words + ["--"] + (source.map { [$0] } ?? []), plan: plan)
    }

    func run(through ghost: DirectGhost) throws -> Int32 {
        guard let answers = try answers() else { return try GhostErrand(words: words).run(through: ghost, then: nil) }
        if passphrase != nil { try PassedStatus.pass(try ghost.unlock(detach: true, [])) }
        return try ghost.errand(["\(ghost.host.pod.provider.programFolder)/tazpod"] + answers.words, input: answers.descriptor)
    }

    func run() async throws {
        let pod = try await options.findRunningPod()
        let ghost = HostGhost(pod: pod, log: options.log, passphrase: passphrase)
        guard let answers = try answers() else {
            return try PassedStatus.pass(try GhostErrand(words: words).run(on: ghost, then: nil))
        }
        if passphrase != nil { try PassedStatus.pass(try ghost.open()) }
        try PassedStatus.pass(try ghost.errand(answers.words, input: answers.descriptor))
    }

    private var words: [String] {
        ["login"] + options.passedOn + (method.map { ["--method", $0] } ?? []) + (source.map { [$0] } ?? [])
    }

    /// An engine's exec carries one input: with the answers there is none for a passphrase, so the vault is opened before.
    private func answers() throws(Failure) -> GivenInput? {
        guard let secretFd else { return nil }
        let descriptor = try failing(.usage) { () throws(SystemError) in
            Descriptor(owning: try retrying("use descriptor \(secretFd)") { clinux_fcntl(secretFd, F_DUPFD_CLOEXEC, 3) })
        }
        return GivenInput(words: words + ["--secret-fd", "0"], descriptor: descriptor)
    }
}
