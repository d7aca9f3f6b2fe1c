import Testing

@testable import Launcher

struct SSHSessionStartTests {
    private let ghost = SSHSessionStart(area: .ghost(secretsProgram: "/p/tazpod-secrets"), sftpServer: "/l/sftp-server")
    private let latched = SSHSessionStart(area: .latched, sftpServer: "/l/sftp-server")

    private func config(_ start: SSHSessionStart?) -> [String] {
        var config = SSHServerConfig(hostKeyFile: "/h/k", authorizedKeysFile: "/h/a", environment: [[UInt8]("A=b".utf8)])
        config.start = start.map { ($0, file: "/home/ann's/session") }
        return config.text.split(separator: "\n").map { String($0) }
    }

    @Test("In a ghost a session gets the secrets' variables before it is anything else")
    func secrets() {
        let lines = config(ghost)
        #expect(lines.contains(#"ForceCommand exec sh '/home/ann'\''s/session'"#))
        #expect(ghost.script.contains("|| set -- '/p/tazpod-secrets' exec --\n"))
        #expect(lines.contains("Subsystem sftp /l/sftp-server"))
        #expect(lines.last == #"SetEnv "A=b" "SHLVL=1""#)
    }

    @Test("Elsewhere it is the user's shell, which sshd starts by itself")
    func plain() {
        let lines = config(nil)
        #expect(!lines.contains { $0.hasPrefix("ForceCommand") })
        #expect(lines.contains("Subsystem sftp internal-sftp"))
        #expect(lines.last == #"SetEnv "A=b""#)
    }

    @Test("A latched login shell reads its profile before PATH is set")
    func login() {
        #expect(ghost.script.contains(#"'') exec "$@" "$SHELL" -l ;;"#))
        let start = #"'') exec "$@" "$SHELL" -l -c 'exec env "PATH=/run/tazpod/ghost-only:$PATH" "$SHELL"' ;;"#
        #expect(latched.script.contains(start))
        #expect(!latched.script.contains("secrets"))
    }
}
