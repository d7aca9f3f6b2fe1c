import Contract

/// How a command gets into a native pod: `nsenter` joins its namespaces, `setpriv` makes it the workspace user, or root without
/// privileges, and a terminal of the pod's own comes between it and the host's (`TerminalRelay`).
struct NativeCommand {
    let request: PodCommand
    let record: PodRecord
    let pid: Int32
    /// The pod's root is that of a user namespace; whoever made that may join it.
    var hasUserNamespace = false

    var hostCommand: HostCommand {
        let user = hasUserNamespace ? ["--user"] : []
        var arguments = ["nsenter", "--target", String(pid)] + user + ["--mount", "--uts", "--ipc", "--pid"]
        arguments += ["--wdns=\(request.directory ?? PodPaths.workspace)", "--"]
        return HostCommand(
            arguments: arguments + (request.isInteractive ? relayed : inner), onlyEnvironment: environment, joinsPod: true)
    }

    /// The relay is root, with what it takes to give the terminal and itself to the user.
    private var relayed: [String] {
        let needed = ["chown", "setgid", "setpcap", "setuid"].map { ",+\($0)" }.joined()
        return ["setpriv", "--no-new-privs", "--bounding-set=-all\(needed)", "--inh-caps=-all", "--"]
            + ["\(NativeLayout.programFolder)/tazpod", "terminal", "--owner", request.isRoot ? "root" : record.user, "--"] + inner
    }

    private var inner: [String] {
        // Root's uid is all that TazPod's own programs need; the host's root has more.
        let identity = request.isRoot ? [] : ["--reuid", record.user, "--regid", record.user, "--init-groups"]
        // nsenter waits for it, and passes no signal on.
        return ["setpriv"] + identity + ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--pdeathsig", "TERM", "--"]
            + UserEnvironment.command(request, in: record)
    }

    /// What a native pod's processes start with, and the request's own.
    private var environment: [String: String] {
        var result = NativeLayout.baseEnvironment
        result["HOME"] = request.isRoot ? "/root" : "/home/\(record.user)"
        result["USER"] = request.isRoot ? "root" : record.user
        result["LOGNAME"] = result["USER"]
        result["SHELL"] = "/bin/bash"
        return result.merging(request.environment) { $1 }
    }
}
