import CLinux
import Contract
import FoundationEssentials
import Linux
import Logging

/// The pod's end of ssh: becomes an sshd for the conversation on our standard input and output, as the user who we are.
struct SSHServer {
    let home: String
    let log: Logger

    /// In the home: a ghost's is the enclave's own, and goes with it.
    private var folder: String { "\(home)/.local/state/tazpod/sshd" }

    init(log: Logger) throws(Failure) {
        guard let home = environmentValue("HOME"), home.hasPrefix("/") else {
            throw Failure(.provider, "the pod's user has no home folder for the keys of sshd")
        }
        self.home = home
        self.log = log
    }

    func become() throws -> Never {
        let program = try SSHServer.program()
        let handover = try SSHHandover.read { () throws(Failure) in
            var byte: UInt8 = 0
            let count = try failing(.provider) { () throws(SystemError) in
                try retrying("read the keys") { read(STDIN_FILENO, &byte, 1) }
            }
            return count == 0 ? nil : byte
        }
        let start = SSHServer.sessionStart()
        var config = SSHServerConfig(
            hostKeyFile: "\(folder)/host_key", authorizedKeysFile: "\(folder)/authorized_keys",
            environment: ProcessInfo.processInfo.environment.map { [UInt8]("\($0.key)=\($0.value)".utf8) }.sorted {
                $0.lexicographicallyPrecedes($1)
            })
        if let start { config.start = (start, file: "\(folder)/session") }
        try failing(.provider, next: "sshd needs it in the pod's home") { () throws(SystemError) in
            try makeFolder()
            if let start { try write(start.script, to: "\(folder)/session") }
            try write(handover.hostKey, to: config.hostKeyFile)
            try write(handover.authorizedKey, to: config.authorizedKeysFile)
            try write(config.text, to: "\(folder)/sshd_config")
        }
        try HostCommand(arguments: [program, "-i", "-e", "-f", "\(folder)/sshd_config"]).become(log: log)
    }

    /// nil where the user's shell does by itself, or there is no sftp-server to go with another.
    private static func sessionStart() -> SSHSessionStart? {
        guard let sftpServer = SSHSessionStart.sftpServers.first(where: { access($0, X_OK) == 0 }) else { return nil }
        if GhostErrand.isThere {
            guard let program = try? "\(ownFolder())/\(SecretsProgram.name)", access(program, X_OK) == 0 else { return nil }
            return SSHSessionStart(area: .ghost(secretsProgram: program), sftpServer: sftpServer)
        }
        let isLatched = environmentValue("PATH")?.hasPrefix("\(PodPaths.ghostOnly):") == true
        return isLatched ? SSHSessionStart(area: .latched, sftpServer: sftpServer) : nil
    }

    /// By its whole path, which it needs to run itself once more.
    ///
    /// - Throws: code 4 where the pod has none.
    private static func program() throws(Failure) -> String {
        // The system's own comes first: PATH may be the project's to say.
        let search = "PATH=/usr/local/sbin:/usr/sbin:/sbin:\(environmentValue("PATH") ?? "")"
        for path in ProgramSearch([UInt8]("sshd".utf8), environment: [[UInt8](search.utf8)]).paths {
            let path = String(decoding: path, as: UTF8.self)
            if path.hasPrefix("/"), access(path, X_OK) == 0 { return path }
        }
        throw Failure(
            .provider, "this pod has no sshd; add openssh-server to its image, or under native install it on the host")
    }

    private func makeFolder() throws(SystemError) {
        var path = home
        for part in folder.dropFirst(home.count).split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o700) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(path)") }
        }
    }

    /// Several connections may begin at once, each with its own sshd.
    private func write(_ text: String, to path: String) throws(SystemError) {
        let temporary = "\(path).\(getpid())"
        let stage = "write \(path)"
        try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600, stage: stage)
            .write(text, stage: stage)
        try retrying(stage) { rename(temporary, path) }
    }
}
