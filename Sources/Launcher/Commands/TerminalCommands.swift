import ArgumentParser
import Contract

struct EnterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enter", abstract: "Open a shell in the pod's public area.", discussion: "Example: tazpod enter",
        aliases: ["ssh"])

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let pod = try await options.findRunningPod()
        try options.runAttachCommand(in: pod)
        let request = PodCommand(
            arguments: ["bash"], isInteractive: Console.isInteractive, environment: TerminalVariables.current,
            directory: PodPaths.workspace)
        try pod.provider.command(request, in: pod.record).become(log: options.log)
    }
}

struct AttachCommand: AsyncParsableCommand, PodVerb, GhostVerb {
    static let configuration = CommandConfiguration(
        commandName: "attach", abstract: "Come back to a session, public or ghost.",
        discussion: """
            The public session is main, the ghost's is ghost. A ghost asks for proof: the token of the host that unlocked, or \
            the passphrase.

            Example: tazpod attach ghost
            """)

    @Argument(help: "The session's name.")
    var session = "main"

    @Option(help: ArgumentHelp("Read the passphrase from this descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    @Flag(help: .hidden)
    var proofOnly = false

    @OptionGroup var options: GlobalOptions

    private var isGhost: Bool { session == SessionList.ghostName }

    func runInPod() throws {
        guard isGhost else { try HostCommand(arguments: publicAttach).become(log: options.log) }
        let client = GhostClient(verb: "attach", isDetached: proofOnly, passphrase: passphrase)
        try PassedStatus.pass(client.run())
    }

    var passphrase: SecretOrigin? { passphraseFd.map { .line($0) } }

    func run(through ghost: DirectGhost) throws -> Int32? {
        isGhost ? try ghost.attach() : nil
    }

    func run() async throws {
        let pod = try await options.findRunningPod()
        if isGhost {
            try await HostGhost(pod: pod, log: options.log, passphrase: passphrase).attach()
        }
        try options.runAttachCommand(in: pod)
        let request = PodCommand(
            arguments: publicAttach, isInteractive: Console.isInteractive, environment: TerminalVariables.current,
            directory: PodPaths.workspace)
        try pod.provider.command(request, in: pod.record).become(log: options.log)
    }

    /// `main` is there always, so it is made again should it have ended just now; any other name must be somebody's.
    private var publicAttach: [String] {
        session == "main" ? ["tmux", "new-session", "-A", "-s", "main"] : ["tmux", "attach-session", "-t", "=\(session)"]
    }
}

struct ExecCommand: AsyncParsableCommand, PodVerb, GhostVerb {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command in the pod, and pass its status.",
        discussion: """
            In the public area, or with --ghost inside the open enclave, after proof.

            Example: tazpod exec --ghost -- kubectl get pods
            """)

    @Flag(help: "Run it inside the open enclave.")
    var ghost = false

    @Option(help: ArgumentHelp("Read the passphrase from this descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    @OptionGroup var options: GlobalOptions

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("there is no command; write it after --, like: tazpod exec -- ls") }
    }

    func runInPod() throws {
        guard ghost else { try HostCommand(arguments: command).become(log: options.log) }
        try PassedStatus.pass(GhostClient(verb: "exec", command: command, passphrase: passphrase).run())
    }

    var passphrase: SecretOrigin? { passphraseFd.map { .line($0) } }

    func run(through door: DirectGhost) throws -> Int32? {
        ghost ? try door.exec(command) : nil
    }

    func run() async throws {
        let pod = try await options.findRunningPod()
        if ghost {
            try await HostGhost(pod: pod, log: options.log, passphrase: passphrase).exec(command)
        }
        let request = PodCommand(
            arguments: command, isInteractive: Console.isInteractive, environment: TerminalVariables.current,
            directory: PodPaths.workspace)
        try pod.provider.command(request, in: pod.record).become(log: options.log)
    }
}
