import ArgumentParser
import Contract

struct UnlockCommand: AsyncParsableCommand, PodVerb, GhostVerb {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "Open the vault, and attach to its ghost.",
        discussion: """
            The first time, the vault is made. With a command after --, that runs as the ghost and the vault is locked when \
            it ends.

            A recovery key is taken as a passphrase, in upper or lower case, with its dashes or without. Without a \
            descriptor or a file, the tokens of the vault that libcryptsetup has a plugin for are asked first.

            Example: tazpod unlock -- sh -c 'cat ~/secrets/token'
            """)

    @Flag(help: "Only open it; attach nobody.")
    var detach = false

    @OptionGroup var key: KeyOptions
    @OptionGroup var options: GlobalOptions

    @Argument(parsing: .postTerminator, help: "A command to run as the ghost, after --.")
    var command: [String] = []

    func validate() throws {
        if detach && !command.isEmpty { throw ValidationError("give --detach or a command, not both") }
    }

    func runInPod() throws {
        let client = GhostClient(
            verb: "unlock", isDetached: detach, command: command, wantsSecrets: !command.isEmpty, passphrase: key.origin)
        try PassedStatus.pass(client.run())
    }

    var passphrase: SecretOrigin? { key.origin }

    func run(through ghost: DirectGhost) throws -> Int32 {
        try ghost.unlock(detach: detach, command)
    }

    func run() async throws {
        let pod = try await options.findRunningPod()
        try await HostGhost(pod: pod, log: options.log, passphrase: passphrase).unlock(detach: detach, command)
    }
}

struct LockCommand: AsyncParsableCommand, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Lock the vault: its ghost ends, and nothing of it stays.",
        discussion: """
            A vault that is locked already stays so. One in memory (driver ram) is saved first; if that fails, it stays open.

            Example: tazpod lock
            """)

    @Flag(help: "Lock the vaults of all pods of this user.")
    var all = false

    @Flag(help: "Lock a vault in memory without saving it: what changed since its last save is lost.")
    var discard = false

    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        _ = try ControlClient().ask(discard ? Message("lock").adding("discard", "1") : Message("lock"))
    }

    func run() async throws {
        guard all else { return try await lock(options.findRunningPod()) }
        for pod in try await ProviderChoice(log: options.log).allPods() where pod.record.state == .running { try await lock(pod) }
    }

    private func lock(_ pod: FoundPod) async throws {
        let result = try await pod.guest(["lock"] + (discard ? ["--discard"] : []), interactive: false).run(log: options.log)
        guard result.status == 0 else {
            throw Failure(ExitCode(rawValue: result.status) ?? .vault, "\(pod.record.name): \(result.complaint)")
        }
        try TokenStore(podName: pod.record.name).forget()
    }
}
