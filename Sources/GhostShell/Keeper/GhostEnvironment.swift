import Contract
import Linux

/// What a process of the ghost finds in its environment, and the command that is its tmux session.
struct GhostEnvironment {
    /// The tmux session of a ghost.
    static let sessionName = "ghost"

    private let configuration: GhostConfiguration
    private let terminal: [[UInt8]]

    /// - Parameter terminal: The variables of the client's terminal, checked already.
    init(_ configuration: GhostConfiguration, _ terminal: [[UInt8]]) {
        self.configuration = configuration
        self.terminal = terminal
    }

    /// The pod's environment, as the plan made it, with the user's own and the terminal's variables over it.
    var variables: [[UInt8]] {
        variables(over: environment())
    }

    /// - Parameter pod: The pod's environment.
    func variables(over pod: [[UInt8]]) -> [[UInt8]] {
        let account = configuration.account
        let vault = EnclavePlan.vaultPath(of: account)
        let own =
            [
                "HOME=\(account.home)", "USER=\(account.name)", "LOGNAME=\(account.name)", "SHELL=\(account.shell)",
                "XDG_RUNTIME_DIR=\(EnclavePlan.runtimeDirectory(of: account))",
                // Typed commands hold secrets; the vault is where they are kept.
                "HISTFILE=\(vault)/.bash_history",
                "TAZPOD_GHOST=1",
            ].map { [UInt8]($0.utf8) } + terminal
        let inherited = WorkspaceEnvironment.expanded(pod).filter { variable in
            !variable.starts(with: "HOSTNAME=".utf8)
                && !own.contains { GhostEnvironment.name($0) == GhostEnvironment.name(variable) }
        }
        return inherited + own
    }

    private static func name(_ variable: [UInt8]) -> ArraySlice<UInt8> {
        variable.prefix { $0 != UInt8(ascii: "=") }
    }

    /// tmux: joins the ghost's session, or makes it. Its shells are not login shells, whose profile would forget PATH.
    ///
    /// Detached, a session that is there already is as good as a new one.
    ///
    /// - Parameter isFirst: Nothing has run in this ghost yet, so there is none.
    func session(_ request: GhostRequest, isFirst: Bool) -> [[UInt8]] {
        let create = [
            "tmux", "-f", PodPaths.tmuxConfig, "start-server", ";", "if-shell", "-F", "#{==:#{default-command},}",
            "set-option -g default-command \"exec $SHELL\"", ";", "new-session", request.isDetached ? "-d" : "-A", "-s",
            GhostEnvironment.sessionName, "-c", configuration.directory,
        ]
        let command =
            request.isDetached && !isFirst
            ? ["sh", "-c", "\"$@\" 2>/dev/null || exec tmux has-session -t \"=$0\"", GhostEnvironment.sessionName] + create
            : create
        return command.map { [UInt8]($0.utf8) }
    }
}
