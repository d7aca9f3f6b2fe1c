import CLinux
import Contract
import Linux

/// What a process of the ghost finds in its environment, and the command that is its tmux session.
struct GhostEnvironment {
    /// What a pane of the ghost runs: the user's shell, with the secrets that were pulled in its environment.
    private static let shell =
        "[ -e ~/secrets/\(PodPaths.pulledIndex) ] && command -v tazpod-secrets >/dev/null && exec tazpod-secrets shell; exec $SHELL"
    /// The tmux session of a ghost.
    static let sessionName = "ghost"

    private let configuration: GhostConfiguration
    private let terminal: [[UInt8]]

    /// - Parameter terminal: The variables of the client's terminal, checked already.
    init(_ configuration: GhostConfiguration, _ terminal: [[UInt8]]) {
        self.configuration = configuration
        self.terminal = terminal
    }

    /// What gives a command the secrets that were pulled, by its path: PATH is the project's to say. nil where it is not there.
    static func findSecretsProgram() -> String? {
        guard let path = try? ownFolder() + "/tazpod-secrets", access(path, X_OK) == 0 else { return nil }
        return path
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

    /// What is run for a request: its own command, or a session.
    ///
    /// - Parameter isFirst: Nothing has run in this ghost yet, so there is no session.
    func command(_ request: GhostRequest, isFirst: Bool) -> [[UInt8]] {
        if request.precedesSession { return bytes(holdAfter) + request.command }
        if !request.command.isEmpty { return request.command }
        if !request.isDetached { return bytes(create(["-A"])) }
        return bytes(
            isFirst
                ? create(["-d"])
                : ["sh", "-c", "\"$@\" 2>/dev/null || exec \(hasSession)", GhostEnvironment.sessionName] + create(["-d"]))
    }

    /// tmux: joins the ghost's session, or makes it. Its shells are not login shells, whose profile would forget PATH.
    private func create(_ how: [String]) -> [String] {
        [
            "tmux", "-f", PodPaths.tmuxConfig, "start-server", ";", "if-shell", "-F", "#{==:#{default-command},}",
            "set-option -g default-command \"\(GhostEnvironment.shell)\"", ";", "new-session",
        ] + how + ["-s", GhostEnvironment.sessionName, "-c", configuration.directory] + [
            // From here on the last shell's end is the ghost's.
            ";", "if-shell", "-F", "#{\(GhostEnvironment.held)}", "set-option -s exit-empty on",
        ]
    }

    /// A session that is there already is as good as a new one.
    private let hasSession = "tmux has-session -t \"=$0\""

    /// An option of tmux's, our own: its server keeps the ghost open without a session.
    private static let held = "@tazpod_held"

    /// A shell that runs the command which follows, and ends as it did. Where nothing else runs, an empty tmux server then keeps the
    /// ghost open: the first shell begins when somebody comes, and has what was pulled until then.
    private var holdAfter: [String] {
        let hold = "start-server \\; set-option -s exit-empty off \\; set-option -s \(GhostEnvironment.held) 1"
        let script =
            "\"$@\"; status=$?; [ -n \"$(tmux list-sessions 2>/dev/null)\" ] || "
            + "tmux -f \(PodPaths.tmuxConfig) \(hold) </dev/null >/dev/null 2>&1; exit $status"
        return ["sh", "-c", script, GhostEnvironment.sessionName]
    }

    private func bytes(_ words: [String]) -> [[UInt8]] {
        words.map { [UInt8]($0.utf8) }
    }
}
