import CLinux
import Linux
import Testing

@testable import PodInit

struct PodConfigurationTests {
    private let account = Account(name: "ann", uid: 1234, gid: 1235, home: "/home/ann", shell: "/bin/zsh", groups: [1235])
    private let pod = [
        "PATH=/bin", "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "TAZPOD_USER=ann", "TAZPOD_NEXT_ATTACH_TOKEN=x",
        "HOMEBREW=1", "EDITOR=vi", "NOTIFY_SOCKET=/n",
    ]

    private func environment(of configuration: PodConfiguration) -> [String] {
        configuration.environment(of: configuration.account, from: pod.map { [UInt8]($0.utf8) }).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test("The public area has the pod's environment, with the user's own variables in place of root's")
    func withAccount() {
        #expect(
            environment(of: PodConfiguration(account: account, project: "p")) == [
                "PATH=/bin", "HOMEBREW=1", "EDITOR=vi", "HOME=/home/ann", "USER=ann", "LOGNAME=ann", "SHELL=/bin/zsh",
            ])
    }

    @Test("Where everything runs as itself, only what is meant for TazPod's programs is left out")
    func noAccount() {
        #expect(
            environment(of: PodConfiguration(account: nil, project: "p")) == [
                "PATH=/bin", "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "HOMEBREW=1", "EDITOR=vi",
            ])
    }

    @Test("The workspace user is the account's, or whoever runs us")
    func uid() {
        #expect(PodConfiguration(account: account, project: "p").workspaceUID == 1234)
        #expect(PodConfiguration(account: nil, project: "p").workspaceUID == geteuid())
    }
}
