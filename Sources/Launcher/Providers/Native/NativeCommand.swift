import Contract

/// How a command gets into a native pod: `nsenter` joins its namespaces, `script` gives it a terminal of the pod's own, and
/// `setpriv` makes it the workspace user.
///
/// The terminal is what docker's exec does too: a process of the pod never holds the host's terminal, into which it could type
/// (TIOCSTI), and from which it could read what is typed after it.
struct NativeCommand {
    let request: PodCommand
    let record: PodRecord
    let pid: Int32

    var hostCommand: HostCommand {
        var arguments = ["nsenter", "--target", String(pid), "--mount", "--uts", "--ipc", "--pid"]
        arguments += ["--wdns=\(request.directory ?? PodPaths.workspace)", "--"]
        if request.isInteractive {
            arguments += ["script", "--quiet", "--return", "--log-out", "/dev/null", "--command", "exec " + Shell.quoted(inner)]
        } else {
            arguments += inner
        }
        return HostCommand(arguments: arguments, onlyEnvironment: environment)
    }

    private var inner: [String] {
        // Root's uid is all that TazPod's own programs need; the host's root has more.
        let identity = request.isRoot ? [] : ["--reuid", record.user, "--regid", record.user, "--init-groups"]
        return ["setpriv"] + identity + ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"] + request.arguments
    }

    /// The pod's environment, without what is meant for its programs, and the request's own.
    private var environment: [String: String] {
        var result = record.environment.filter { !$0.key.hasPrefix("TAZPOD_") }
        result["HOME"] = request.isRoot ? "/root" : "/home/\(record.user)"
        result["USER"] = request.isRoot ? "root" : record.user
        result["LOGNAME"] = result["USER"]
        result["SHELL"] = "/bin/bash"
        return result.merging(request.environment) { $1 }
    }
}

/// Words for a POSIX shell.
enum Shell {
    static func quoted(_ words: [String]) -> String {
        words.map { "'" + $0.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'" }
            .joined(separator: " ")
    }
}
