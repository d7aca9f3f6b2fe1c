import CLinux
import Contract
import FoundationEssentials
import Linux
import Logging

/// The keys by which this user's ssh and a pod's sshd know each other: made for that pod and session alone.
///
/// They open nothing by themselves: the sshd listens nowhere, and whoever gets to its input could run commands in the pod anyway.
struct SSHKeys: Equatable {
    let folder: String

    /// The sshd's own.
    var hostKey: String { "\(folder)/host_key" }
    /// The user's.
    var key: String { "\(folder)/key" }
    var authorizedKey: String { "\(key).pub" }
    /// What pins the sshd's key.
    var knownHosts: String { "\(folder)/known_hosts" }

    private static let generationSeconds = 30
    private static let longestFile = 16 * 1024

    /// Where the keys of a pod are: with this user's state, which no native pod sees.
    static func of(podName: String, _ session: SSHSession) -> SSHKeys {
        let state = NativeStore.usersRoot(environmentValue, uid: getuid())
        return SSHKeys(folder: "\(state)/ssh/\(session.host(of: podName))")
    }

    /// Makes the keys if there are none; all of them at once, so that two of us at a time agree.
    ///
    /// - Parameter host: What ssh calls the pod.
    func make(for host: String, log: Logger) throws(Failure) {
        if access(folder, F_OK) == 0 { return try checkComplete() }
        let new = SSHKeys(folder: "\(folder).\(getpid())")
        try new.makeFolder()
        do {
            try new.generate(new.hostKey, host, log)
            try new.generate(new.key, host, log)
            try new.writeKnownHosts(host)
        } catch {
            new.remove()
            throw error
        }
        if rename(new.folder, folder) != 0 {
            let problem = SystemError.last("make \(folder)")
            new.remove()
            if access(folder, F_OK) != 0 { throw Failure(.refused, problem) }
        }
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func checkComplete() throws(Failure) {
        for file in [hostKey, key, authorizedKey, knownHosts] where access(file, R_OK) != 0 {
            throw Failure(.refused, "\(file) is missing or not yours; remove \(folder), and run tazpod ssh-config again")
        }
    }

    private func makeFolder() throws(Failure) {
        try failing(.refused) { () throws(SystemError) in
            var path = ""
            for part in folder.split(separator: "/") {
                path += "/\(part)"
                if mkdir(path, 0o700) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(path)") }
            }
        }
    }

    private func generate(_ path: String, _ comment: String, _ log: Logger) throws(Failure) {
        let command = HostCommand(arguments: ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path])
        let output = try command.run(seconds: SSHKeys.generationSeconds, log: log)
        guard output.status == 0 else { throw Failure(.provider, "ssh-keygen made no key: \(output.complaint)") }
    }

    private func writeKnownHosts(_ host: String) throws(Failure) {
        try failing(.refused) { () throws(SystemError) in
            let published = try readFile("\(hostKey).pub", limit: SSHKeys.longestFile, stage: "read the pod's key")
            let words = String(decoding: published, as: UTF8.self).split(separator: " ").prefix(2).joined(separator: " ")
            let stage = "write \(knownHosts)"
            try Descriptor.open(knownHosts, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600, stage: stage)
                .write("\(host) \(words)\n", stage: stage)
        }
    }
}
