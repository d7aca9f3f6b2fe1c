import Contract
import Logging

/// A session that the host comes back to.
struct HostSession {
    let name: String

    var isGhost: Bool { name == SessionList.ghostName }

    /// `main` is there always, so it is made again should it have ended just now; any other name must be somebody's.
    var publicCommand: [String] {
        name == "main" ? ["tmux", "new-session", "-A", "-s", name] : ["tmux", "attach-session", "-t", "=\(name)"]
    }

    func attach(in pod: FoundPod, passphrase: SecretOrigin?, log: Logger) async throws -> Never {
        if isGhost {
            try await HostGhost(pod: pod, log: log, passphrase: passphrase).attach()
        }
        let request = PodCommand(
            arguments: publicCommand, isInteractive: Console.isInteractive, environment: TerminalVariables.current,
            directory: PodPaths.workspace)
        try pod.provider.command(request, in: pod.record).become(log: log)
    }
}
