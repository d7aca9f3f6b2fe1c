import Contract

/// How a pod's sshd is set up (sshd_config(5)): it serves one conversation, on its standard input and output, to one user, who it
/// runs as.
struct SSHServerConfig {
    var hostKeyFile: String
    var authorizedKeysFile: String
    /// What the pod's processes find in their environment, as `NAME=value`: sshd gives its sessions nothing of its own.
    var environment: [[UInt8]]
    /// What sessions start with, and the file of its script; nil for the user's shell.
    var start: (SSHSessionStart, file: String)?

    /// What sshd sets by itself, or the client does.
    private static let others = ["HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "SHLVL", "_", "TERM", "COLORTERM", "MAIL"]
    /// More than one connection's editors open.
    private static let sessions = 200

    var text: String {
        """
        HostKey \(SSHServerConfig.quoted(hostKeyFile))
        AuthorizedKeysFile \(SSHServerConfig.quoted(authorizedKeysFile))
        AuthenticationMethods publickey
        PasswordAuthentication no
        KbdInteractiveAuthentication no
        PermitRootLogin no
        UsePAM no
        # Who could write to these files is the user, and gets nowhere by it: nobody but the host reaches this sshd.
        StrictModes no
        PidFile none
        MaxSessions \(SSHServerConfig.sessions)
        X11Forwarding no
        PermitTunnel no
        PrintMotd no
        UseDNS no
        LogLevel ERROR
        AcceptEnv COLORTERM
        Subsystem sftp \(start?.0.sftpServer ?? "internal-sftp")
        \(start.map { "ForceCommand \($0.0.command(file: $0.file))" } ?? "")
        \(setEnvironment)
        """
    }

    /// Of more than one such line only the first would count.
    private var setEnvironment: String {
        let own = start == nil ? [] : [SSHSessionStart.variable]
        let words = (SSHServerConfig.passedOn(environment) + own).map(SSHServerConfig.quoted)
        return words.isEmpty ? "" : "SetEnv \(words.joined(separator: " "))\n"
    }

    /// A line cannot hold a line break, nor a text that is not UTF-8.
    private static func passedOn(_ environment: [[UInt8]]) -> [String] {
        let ghost = environment.filter { $0.starts(with: "TAZPOD_GHOST=".utf8) }
        return (WorkspaceEnvironment.expanded(environment) + ghost).compactMap { bytes in
            guard let text = String(validating: bytes, as: UTF8.self), let equals = text.firstIndex(of: "=") else { return nil }
            let name = text[..<equals]
            if name.isEmpty || others.contains(String(name)) || name.hasPrefix("SSH_") { return nil }
            return text.contains { $0.isNewline } ? nil : text
        }
    }

    private static func quoted(_ word: String) -> String {
        "\"\(word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
    }
}
