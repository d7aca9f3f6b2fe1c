/// A pod as ssh's configuration has it (ssh_config(5)).
struct SSHHostEntry: Equatable {
    var session: SSHSession
    var podName: String
    /// The workspace user.
    var user: String
    /// The project's folder.
    var project: String
    var keys: SSHKeys
    /// Path of the host's tazpod.
    var program: String

    var host: String { session.host(of: podName) }

    var text: String {
        """
        # \(session == .main ? "The pod" : "The open enclave") of \(SSHHostEntry.oneLine(project)). Written by tazpod ssh-config.
        Host \(host)
            HostName \(host)
            User \(user)
            ProxyCommand \(proxyCommand)
            IdentityFile \(SSHHostEntry.quoted(keys.key))
            IdentitiesOnly yes
            PreferredAuthentications publickey
            UserKnownHostsFile \(SSHHostEntry.quoted(keys.knownHosts))
            GlobalKnownHostsFile /dev/null
            HostKeyAlias \(host)
            HostKeyAlgorithms ssh-ed25519
            StrictHostKeyChecking yes
            UpdateHostKeys no
            CheckHostIP no
            SendEnv COLORTERM

        """
    }

    /// For the user's shell, after ssh has replaced what begins with a percent sign.
    private var proxyCommand: String {
        let words = ["--session", session.rawValue, "--project", project, "--keys", keys.folder]
        return HostCommand(arguments: [program, "ssh-server"] + words).description.replacing("%", with: "%%")
    }

    /// One word, whatever is in the path.
    private static func quoted(_ path: String) -> String {
        let escaped = path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("%", with: "%%")
        return path.contains(" ") || escaped != path ? "\"\(escaped)\"" : path
    }

    private static func oneLine(_ path: String) -> String {
        String(path.map { $0.isNewline ? " " : $0 })
    }
}
