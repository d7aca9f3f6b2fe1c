import Testing

@testable import Launcher

struct QuadletUnitTests {
    private func unit(_ text: String = "", isRootless: Bool = false) throws -> [String] {
        let podman = EngineArguments(engine: .podman(isRootless: isRootless))
        return try QuadletUnit(plan: plan(text), arguments: podman).text.split(separator: "\n").map { String($0) }
    }

    @Test("What podman would be told is in the unit's keys, or passed on")
    func keys() throws {
        let plan = try plan()
        let lines = try unit("ports: [\"9000:80\"]\nresources: {cpu: \"2\", gpu: true}")
        for line in [
            "Image=tazpod-base", "ContainerName=\(plan.name)", "HostName=web", "Pull=never", "Label=dev.tazpod.project=web",
            "Mount=type=bind,source=/p/web,target=/workspace",
            "Mount=type=tmpfs,target=/workspace/.tazpod/vault,tmpfs-mode=0555,notmpcopyup,ro",
            "Environment=TAZPOD_USER=tazpod", "PublishPort=127.0.0.1:9000:80", "AddDevice=/dev/fuse",
            "AddDevice=nvidia.com/gpu=all", "DropCapability=ALL", "AddCapability=SYS_ADMIN", "PodmanArgs=--http-proxy=false",
            "PodmanArgs=--device-cgroup-rule \"b 7:* rwm\"", "PodmanArgs=--security-opt no-new-privileges",
            "PodmanArgs=--cpus 2", "PodmanArgs=--stop-timeout 150", "TimeoutStopSec=170", "WantedBy=default.target",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(
            !lines.contains {
                $0.contains("--detach") || $0.contains("healthcheck")
                    || $0.contains("privileged") && !$0.contains("new-privileges")
            })
    }

    @Test("All that podman is told is there, and nothing beside")
    func whole() throws {
        let told = try EngineArguments(engine: .podman(isRootless: true)).run(plan()).filter { $0.hasPrefix("--") }
        let said = try unit(isRootless: true).drop { $0 != "[Container]" }.dropFirst().prefix { $0 != "[Service]" }
        // The image comes in place of two options, and a stop's time is added.
        #expect(said.count == told.count)
    }

    @Test("Without root the workspace user is the caller, and no device is asked for")
    func rootless() throws {
        let lines = try unit(isRootless: true)
        #expect(lines.contains("UserNS=keep-id:uid=1000,gid=1000") && lines.contains("PodmanArgs=--user 0:0"))
        #expect(!lines.contains { $0.hasPrefix("AddDevice") })
        #expect(lines[0].contains("~/.config/containers/systemd/") && lines[1].contains("systemctl --user start"))
    }

    @Test("Nothing in a value ends its line, or is replaced by systemd")
    func quoting() throws {
        let lines = try unit("image: \"a\\nExecStartPre=/bin/x\"\nenv: {A: \"b c\\n[Service]\\\"\\\\ $HOME %h\"}")
        #expect(lines.contains("Image=\"a\\x0aExecStartPre=/bin/x\""))
        #expect(lines.contains("Environment=\"TAZPOD_ENV_A=b c\\x0a[Service]\\\"\\\\ $$HOME %%h\""))
        #expect(!lines.contains { $0.hasPrefix("ExecStartPre") } && lines.count { $0 == "[Service]" } == 1)
    }
}

struct SystemdWordTests {
    @Test(
        "A word is in quotes where systemd would split or change it",
        arguments: [
            ("plain", "plain"), ("", "\"\""), ("a b", "\"a b\""), ("a\"b", "\"a\\\"b\""), ("a\\b", "\"a\\\\b\""), ("%h", "%%h"),
            ("$HOME", "$$HOME"), ("a\tb", "\"a\\x09b\""), ("it's", "\"it's\""), ("é;", "\"é;\""),
        ])
    func quoted(word: String, text: String) {
        #expect(SystemdWord.quoted(word) == text)
    }
}
