import ArgumentParser
import Contract

/// What ssh's ProxyCommand runs on the host, and that in the pod: not for people.
struct SSHServerCommand: AsyncVerb, PodVerb, GhostVerb {
    static let configuration = CommandConfiguration(
        commandName: "ssh-server", abstract: "Speak ssh on standard input and output, as the pod's server.", shouldDisplay: false)

    @Option(help: "Where it leads: main or ghost.")
    var session = SSHSession.main

    @Option(help: "The folder of the keys.")
    var keys: String?

    @OptionGroup var options: GlobalOptions

    var passphrase: SecretOrigin? { nil }

    func runInPod() throws {
        try SSHServer(log: options.log).become()
    }

    var leadsIntoGhost: Bool { session == .ghost }

    func run(through ghost: DirectGhost) throws -> Int32 {
        try feed(ghost.host.pod)
        return try ghost.exec(command(in: ghost.host.pod))
    }

    func run() async throws {
        let pod = try await options.findRunningPod()
        try feed(pod)
        if session == .ghost {
            try await HostGhost(pod: pod, log: options.log, passphrase: nil).exec(command(in: pod))
        }
        let request = PodCommand(arguments: command(in: pod), directory: PodPaths.workspace)
        try pod.provider.command(request, in: pod.record).become(log: options.log)
    }

    private func command(in pod: FoundPod) -> [String] {
        ["\(pod.provider.programFolder)/tazpod", "ssh-server"]
    }

    private func feed(_ pod: FoundPod) throws {
        let keys = keys.map { SSHKeys(folder: $0) } ?? SSHKeys.of(podName: pod.record.name, session)
        try keys.make(for: session.host(of: pod.record.name), log: options.log)
        try SSHFeed.begin(with: keys, log: options.log)
    }
}
