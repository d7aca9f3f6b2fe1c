import ArgumentParser
import Contract

struct EnterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enter", abstract: "Open a shell in the pod's public area.", discussion: "Example: tazpod enter",
        aliases: ["ssh"])

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let project = try options.findProject()
        let pod = try await options.findRunningPod(of: project)
        try LifecycleRunner(project: project, log: options.log).attach(pod)
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
            The public session is main, the ghost's is ghost. Without a name, and where there are several public ones, you are \
            asked for which on a terminal. A ghost asks for proof: the token of the host that unlocked, or the passphrase.

            A forwarded port is this machine's, for as long as you are attached; it is seen by this machine alone unless an \
            address comes first.

            Example: tazpod attach --forward-port 3000 --forward-port 0.0.0.0:8080:80
            """)

    @Argument(help: "The session's name.", completion: SessionNames.completion)
    var session: String?

    @Option(help: ArgumentHelp("Let a port of this machine lead to one of the pod.", valueName: "[[host-ip:]host:]pod"))
    var forwardPort: [ProjectConfig.Port] = []

    @Option(help: ArgumentHelp("Read the passphrase from this descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    @Flag(help: .hidden)
    var proofOnly = false

    @OptionGroup var options: GlobalOptions

    private var chosen: HostSession {
        HostSession(name: session ?? HostSession.usual, isOpenToChoice: session == nil && Console.isInteractive)
    }

    func runInPod() throws {
        guard forwardPort.isEmpty else { throw Failure(.usage, "ports are forwarded from the host; give --forward-port there") }
        guard chosen.isGhost else {
            guard let name = try chosen.isOpenToChoice ? SessionPicker.choosePublic() : chosen.name else { return }
            try HostCommand(arguments: HostSession(name: name).publicCommand).become(log: options.log)
        }
        let client = GhostClient(verb: "attach", isDetached: proofOnly, passphrase: passphrase)
        try PassedStatus.pass(client.run())
    }

    var passphrase: SecretOrigin? { passphraseFd.map { .line($0) } }

    var leadsIntoGhost: Bool { chosen.isGhost }

    func run(through ghost: DirectGhost) throws -> Int32 {
        try PortForwarding(ports: forwardPort, pod: ghost.host.pod, log: options.log).start()
        return try ghost.attach()
    }

    func run() async throws {
        let project = try options.findProject()
        let pod = try await options.findRunningPod(of: project)
        if !chosen.isGhost { try LifecycleRunner(project: project, log: options.log).attach(pod) }
        try PortForwarding(ports: forwardPort, pod: pod, log: options.log).start()
        try await chosen.attach(in: pod, passphrase: passphrase, log: options.log)
    }
}

struct ExecCommand: AsyncParsableCommand, PodVerb, GhostVerb {
    static let configuration = CommandConfiguration(
        commandName: "exec", abstract: "Run a command in the pod, and pass its status.",
        discussion: """
            In the public area, or with --ghost inside the open enclave, after proof, with the secrets' variables.

            Example: tazpod exec --ghost -- kubectl get pods
            """)

    @Flag(help: "Run it inside the open enclave.")
    var ghost = false

    @Option(help: ArgumentHelp("Read the passphrase from this descriptor.", valueName: "n"))
    var passphraseFd: Int32?

    @Flag(help: .hidden)
    var withoutSecrets = false

    @OptionGroup var options: GlobalOptions

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    func validate() throws {
        if command.isEmpty { throw ValidationError("there is no command; write it after --, like: tazpod exec -- ls") }
    }

    func runInPod() throws {
        guard ghost else { try HostCommand(arguments: command).become(log: options.log) }
        let client = GhostClient(verb: "exec", command: command, wantsSecrets: !withoutSecrets, passphrase: passphrase)
        try PassedStatus.pass(client.run())
    }

    var passphrase: SecretOrigin? { passphraseFd.map { .line($0) } }

    var leadsIntoGhost: Bool { ghost }

    func run(through door: DirectGhost) throws -> Int32 {
        try door.exec(command, withSecrets: !withoutSecrets)
    }

    func run() async throws {
        let pod = try await options.findRunningPod()
        if ghost {
            let door = HostGhost(pod: pod, log: options.log, passphrase: passphrase)
            try await door.exec(command, withSecrets: !withoutSecrets)
        }
        let request = PodCommand(
            arguments: command, isInteractive: Console.isInteractive, environment: TerminalVariables.current,
            directory: PodPaths.workspace)
        try pod.provider.command(request, in: pod.record).become(log: options.log)
    }
}
