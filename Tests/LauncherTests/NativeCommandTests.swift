import Testing

@testable import Launcher

struct NativeCommandTests {
    private let record = PodRecord(
        name: "pod", project: "web", directory: "/p/web", provider: "native", state: .running, planDigest: "", user: "ann",
        pid: 77, environment: ["PAGER": "less -R", "EDITOR": "vi", "HOME": "/x"])

    private func command(_ request: PodCommand) -> HostCommand {
        NativeCommand(request: request, record: record, pid: 77).hostCommand
    }

    private static let enter = ["nsenter", "--target", "77", "--mount", "--uts", "--ipc", "--pid"]
    private static let powerless = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--pdeathsig", "TERM", "--"]

    @Test("A command of the user's has the user's ids and no privilege")
    func user() {
        #expect(
            command(PodCommand(arguments: ["ls", "-l"])).arguments
                == NativeCommandTests.enter + ["--wdns=/workspace", "--", "setpriv", "--reuid", "ann", "--regid", "ann"]
                + ["--init-groups"] + NativeCommandTests.powerless
                + ["env", "--", "EDITOR=vi", "PAGER=less -R", "ls", "-l"])
    }

    @Test("A pod without root is entered by its user namespace, of which nsenter(1) makes us root")
    func userNamespace() {
        let command = NativeCommand(
            request: PodCommand(arguments: ["ls"]), record: record, pid: 77, hasUserNamespace: true
        ).hostCommand
        #expect(
            command.arguments.starts(with: [
                "nsenter", "--target", "77", "--user", "--mount", "--uts", "--ipc", "--pid", "--wdns=/workspace", "--", "setpriv",
                "--reuid", "ann",
            ]))
    }

    @Test("A command of root's has root's uid and no privilege")
    func root() {
        #expect(
            command(PodCommand(arguments: ["tazpod", "lock"], isRoot: true, directory: "/")).arguments
                == NativeCommandTests.enter + ["--wdns=/", "--", "setpriv"] + NativeCommandTests.powerless
                + ["env", "--", "tazpod", "lock"])
    }

    @Test("On a terminal a relay comes between, whose terminal is the user's", arguments: [(false, "ann"), (true, "root")])
    func relayed(isRoot: Bool, owner: String) throws {
        let plain = command(PodCommand(arguments: ["bash"], isRoot: isRoot)).arguments
        let relayed = command(PodCommand(arguments: ["bash"], isRoot: isRoot, isInteractive: true)).arguments
        let start = NativeCommandTests.enter.count + 2
        #expect(
            relayed
                == plain[..<start]
                + [
                    "setpriv", "--no-new-privs", "--bounding-set=-all,+chown,+setgid,+setpcap,+setuid", "--inh-caps=-all", "--",
                    "/run/tazpod/bin/tazpod", "terminal", "--owner", owner, "--",
                ] + plain[start...])
    }

    @Test("A command on the host has what a native pod's processes start with, and nothing that the config sets")
    func environment() {
        let command = command(PodCommand(arguments: ["ls"], environment: ["TERM": "xterm", "EDITOR": "ed"]))
        #expect(command.environment.isEmpty)
        #expect(
            command.onlyEnvironment == [
                "PATH": "/run/tazpod/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                "EDITOR": "ed", "TERM": "xterm", "HOME": "/home/ann", "USER": "ann", "LOGNAME": "ann", "SHELL": "/bin/bash",
            ])
        // What the request sets is not set again.
        #expect(command.arguments.suffix(4) == ["env", "--", "PAGER=less -R", "ls"])
    }

    @Test("Root has a home of root's")
    func rootsHome() {
        let environment = command(PodCommand(arguments: ["ls"], isRoot: true)).onlyEnvironment
        #expect(environment?["HOME"] == "/root")
        #expect(environment?["USER"] == "root")
        #expect(environment?["LOGNAME"] == "root")
    }

    @Test("No value of a variable gets into the arguments, which everybody can read")
    func secrets() {
        let secret = "0123456789abcdef"
        for interactive in [false, true] {
            let request = PodCommand(
                arguments: ["ls"], isRoot: true, isInteractive: interactive, environment: ["TAZPOD_ATTACH_TOKEN": secret])
            let command = command(request)
            #expect(!command.arguments.contains { $0.contains(secret) })
            #expect(command.onlyEnvironment?["TAZPOD_ATTACH_TOKEN"] == secret)
        }
    }
}

struct BubblewrapInformationTests {
    private func childPID(_ text: String) -> Int32? {
        BubblewrapInformation.childPID([UInt8](text.utf8))
    }

    @Test("bubblewrap tells the pid of the pod's first process")
    func pid() {
        #expect(childPID("{\n    \"child-pid\": 4711,\n    \"ipc-namespace\": 4026532\n}\n") == 4711)
    }

    @Test("Where it ended first, there is no pid", arguments: ["", "{", "{}", "{\"child-pid\": \"4711\"}", "4711"])
    func none(text: String) {
        #expect(childPID(text) == nil)
    }
}
