import Contract
import Logging

/// A session that the host comes back to.
struct HostSession {
    let name: String
    /// Where there are several public ones, the pod's own tazpod asks for which.
    var isOpenToChoice = false

    static let usual = "main"

    var isGhost: Bool { name == SessionList.ghostName }

    /// `main` is there always, so it is made again should it have ended just now; any other name must be somebody's.
    var publicCommand: [String] {
        name == HostSession.usual ? ["tmux", "new-session", "-A", "-s", name] : ["tmux", "attach-session", "-t", "=\(name)"]
    }

    /// Once there, tmux itself sees whether there are others (a 1 for each), which costs nothing where there are none, and gives its
    /// place to the pod's tazpod.
    private func choosing(_ programFolder: String) -> [String] {
        [";", "if-shell", "-F", "#{!=:#{S:1},1}", "detach-client -E '\(programFolder)/tazpod attach'"]
    }

    func attach(in pod: FoundPod, passphrase: SecretOrigin?, log: Logger) async throws -> Never {
        if isGhost {
            try await HostGhost(pod: pod, log: log, passphrase: passphrase).attach()
        }
        let words = publicCommand + (isOpenToChoice ? choosing(pod.provider.programFolder) : [])
        let request = PodCommand(
            arguments: words, isInteractive: Console.isInteractive, environment: TerminalVariables.current,
            directory: PodPaths.workspace)
        try pod.provider.command(request, in: pod.record).become(log: log)
    }
}
