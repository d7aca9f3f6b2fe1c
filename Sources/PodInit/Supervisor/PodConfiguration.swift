import CLinux
import Contract
import Linux

/// What the plan says about this pod, read once from PID 1's environment.
struct PodConfiguration {
    /// Who owns the public area; nil when the init is not root and everything runs as itself.
    var account: Account?
    var project: String
    /// What the project allows its ghost that others are refused; for `status`.
    var allowedCalls = ""
    /// Tools that start in a ghost alone.
    var ghostOnly = GhostOnlyTools("")

    static func fromEnvironment() throws(SystemError) -> PodConfiguration {
        let name = environmentValue(PodVariable.user) ?? "tazpod"
        var account: Account?
        if geteuid() == 0 {
            account = try Account.find(name, orMakeAs: environmentValue(PodVariable.newUser))
            if account == nil { log("there is no user \(name) in /etc/passwd: no public session can run") }
        }
        return PodConfiguration(
            account: account, project: environmentValue(PodVariable.project) ?? "pod",
            allowedCalls: environmentValue(PodVariable.allowedCalls) ?? "",
            ghostOnly: GhostOnlyTools(environmentValue(PodVariable.ghostOnly) ?? ""))
    }

    /// The uid that may use the control socket beside root.
    var workspaceUID: uid_t { account?.uid ?? geteuid() }

    /// The environment of the public area.
    var publicEnvironment: [[UInt8]] { environment(of: account, from: Linux.environment()) }

    /// What a process of `account` gets: the pod's environment without what is meant for TazPod's programs. Without an account
    /// init is not root, and everything is its own user's.
    ///
    /// - Parameter pod: PID 1's environment.
    func environment(of account: Account?, from pod: [[UInt8]]) -> [[UInt8]] {
        var result = ghostOnly.latched(WorkspaceEnvironment.expanded(pod)).filter { !$0.starts(with: "NOTIFY_SOCKET=".utf8) }
        guard let account else { return result }
        result.removeAll { variable in
            ["HOME=", "USER=", "LOGNAME=", "SHELL="].contains { variable.starts(with: $0.utf8) }
        }
        for text in ["HOME=\(account.home)", "USER=\(account.name)", "LOGNAME=\(account.name)", "SHELL=\(account.shell)"] {
            result.append([UInt8](text.utf8))
        }
        return result
    }
}
