import Testing

@testable import Launcher

struct SSHServerConfigTests {
    private func setEnvironment(_ variables: [String]) -> String? {
        let config = SSHServerConfig(
            hostKeyFile: "/h/k", authorizedKeysFile: "/h/a", environment: variables.map { [UInt8]($0.utf8) })
        return config.text.split(separator: "\n").last { $0.hasPrefix("SetEnv ") }.map { String($0.dropFirst(7)) }
    }

    @Test("Sessions get the pod's variables, each as one word")
    func variables() {
        #expect(setEnvironment(["PATH=/bin", "A=b c", #"Q="x"\"#, "E="]) == #""PATH=/bin" "A=b c" "Q=\"x\"\\" "E=""#)
    }

    @Test("What the config sets has its own name; of TazPod's own, the ghost's mark stays alone")
    func own() {
        let pod = ["TAZPOD_ENV_EDITOR=vi", "TAZPOD_VAULT=/v", "TAZPOD_ATTACH_TOKEN=t", "TAZPOD_GHOST=1"]
        #expect(setEnvironment(pod) == #""EDITOR=vi" "TAZPOD_GHOST=1""#)
    }

    @Test("What sshd, the client or the shell sets is theirs, and what does not fit on a line is left out")
    func others() {
        #expect(
            setEnvironment(["HOME=/h", "TERM=x", "SSH_AUTH_SOCK=/s", "SHLVL=1", "L=a\nPermitRootLogin yes", "=x", "N"]) == nil)
    }

    @Test(
        "Nobody but the one user gets in, and by no password",
        arguments: [
            "AuthenticationMethods publickey", "PasswordAuthentication no", "PermitRootLogin no", "UsePAM no", "X11Forwarding no",
        ])
    func closed(line: String) {
        let config = SSHServerConfig(hostKeyFile: "/h/k", authorizedKeysFile: "/h/a", environment: [])
        #expect(config.text.split(separator: "\n").contains { $0 == line })
    }
}
