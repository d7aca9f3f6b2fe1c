import Contract

/// What sshd starts for each of its sessions in place of the user's shell (sshd_config(5), ForceCommand), where that shell is to have
/// something that sshd cannot give it.
struct SSHSessionStart: Equatable {
    enum Area: Equatable {
        /// The secrets' variables, which are then in no file and not in sshd's memory. `tazpod-secrets` gives them.
        case ghost(secretsProgram: String)
        /// A PATH that begins with the folder of the tools that start in a ghost alone. /etc/profile sets PATH anew.
        case latched
    }

    let area: Area
    /// sshd has its own within itself, which does not go with a command that it is told to run.
    let sftpServer: String

    /// Where distributions have OpenSSH's.
    static let sftpServers = [
        "/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server",
        "/usr/libexec/sftp-server",
    ]
    /// So a bash that only starts ours reads no ~/.bashrc, which may print something: it takes itself for one within another.
    static let variable = "SHLVL=1"

    /// For the user's shell, whichever it is.
    ///
    /// - Parameter file: Where `script` is.
    func command(file: String) -> String {
        "exec sh \(SSHSessionStart.quoted(file))"
    }

    var script: String {
        """
        # Written by tazpod: what sshd starts for a session.
        unset SHLVL
        \(prefix)
        case ${SSH_ORIGINAL_COMMAND-} in
            '') exec "$@" \(login) ;;
            \(sftpServer)) exec \(sftpServer) ;;
        esac
        command=$SSH_ORIGINAL_COMMAND
        unset SSH_ORIGINAL_COMMAND
        exec "$@" "$SHELL" -c "$command"

        """
    }

    /// Makes `$@` what comes before the shell.
    private var prefix: String {
        guard case .ghost(let program) = area else { return "set --" }
        let index = "\"$HOME/secrets/\(PodPaths.pulledIndex)\""
        return "set --; [ ! -e \(index) ] || set -- \(SSHSessionStart.quoted(program)) exec --"
    }

    /// A login shell, as sshd's would be. One whose PATH has to last reads its profile, and becomes an ordinary one.
    private var login: String {
        switch area {
        case .ghost: "\"$SHELL\" -l"
        case .latched: "\"$SHELL\" -l -c 'exec env \"PATH=\(PodPaths.ghostOnly):$PATH\" \"$SHELL\"'"
        }
    }

    private static func quoted(_ path: String) -> String {
        "'\(path.replacing("'", with: "'\\''"))'"
    }
}
