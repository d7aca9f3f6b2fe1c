import Testing

@testable import Launcher

struct EngineArgumentsTests {
    private let docker = EngineArguments(engine: .docker)
    private let podman = EngineArguments(engine: .podman(isRootless: false))
    private let rootless = EngineArguments(engine: .podman(isRootless: true))

    /// The values that follow `option`.
    private func values(of option: String, in arguments: [String]) -> [String] {
        zip(arguments, arguments.dropFirst()).filter { $0.0 == option }.map { $0.1 }
    }

    @Test("A whole plan is these arguments")
    func whole() throws {
        let plan = try plan("ports: [\"9000:80\"]\nenv: {EDITOR: nvim}\nresources: {cpu: \"2\", memory: 1GiB}")
        #expect(
            docker.run(plan) == [
                "run", "--detach", "--pull", "never", "--name", plan.name, "--hostname", "web",
                "--label", "dev.tazpod.project=web", "--label", "dev.tazpod.directory=/p/web",
                "--label", "dev.tazpod.user=tazpod", "--label", "dev.tazpod.environment={\"EDITOR\":\"nvim\"}",
                "--label", "dev.tazpod.plan=\(plan.digest)",
                "--mount", "type=bind,source=/p/web,target=/workspace",
                "--mount", "type=bind,source=/p/web/.tazpod/vault,target=/run/tazpod/private/vault",
                "--mount", "type=tmpfs,target=/workspace/.tazpod/vault,tmpfs-mode=0555,ro",
                "--env", "TAZPOD_BRIDGES=.infisical:infisical-keyring:.gemini", "--env", "TAZPOD_ENV_EDITOR=nvim",
                "--env", "TAZPOD_PROJECT=web", "--env", "TAZPOD_USER=tazpod",
                "--env", "TAZPOD_VAULT=/run/tazpod/private/vault/vault.img", "--env", "TAZPOD_VAULT_DRIVER=auto",
                "--env", "TAZPOD_VAULT_SAVE_EVERY=300", "--env", "TAZPOD_VAULT_SIZE=536870912",
                "--publish", "127.0.0.1:9000:80",
                "--device", "/dev/fuse", "--device", "/dev/loop-control", "--device-cgroup-rule", "b 7:* rwm",
                "--cap-drop", "ALL",
                "--cap-add", "CHOWN", "--cap-add", "DAC_OVERRIDE", "--cap-add", "FOWNER", "--cap-add", "KILL",
                "--cap-add", "MKNOD", "--cap-add", "SETFCAP", "--cap-add", "SETGID", "--cap-add", "SETPCAP",
                "--cap-add", "SETUID", "--cap-add", "SYS_ADMIN",
                "--security-opt", "apparmor=unconfined", "--security-opt", "label=disable",
                "--security-opt", "no-new-privileges",
                "--cpus", "2", "--memory", "1073741824",
                "tazpod-base",
            ])
    }

    @Test("A pod is never privileged, and never the host's in anything")
    func unprivileged() throws {
        let arguments = try docker.run(plan())
        for word in ["--privileged", "--pid", "--net", "--network", "--ipc", "--userns", "--cgroupns", "--volume", "-v"] {
            #expect(!arguments.contains(word))
        }
    }

    @Test("All capabilities are dropped before some are added")
    func capabilities() throws {
        let arguments = try docker.run(plan())
        let drop = try #require(arguments.firstIndex(of: "--cap-drop"))
        let add = try #require(arguments.firstIndex(of: "--cap-add"))
        #expect(drop < add)
    }

    @Test(
        "A path that a mount's option cannot hold as it is, is quoted as in CSV",
        arguments: [
            ("/p/a,readonly", "type=bind,\"source=/p/a,readonly\",target=/workspace"),
            ("/p/a\"b", "type=bind,\"source=/p/a\"\"b\",target=/workspace"),
            ("/p/a b", "type=bind,source=/p/a b,target=/workspace"),
            ("/p/a=b", "type=bind,source=/p/a=b,target=/workspace"),
            ("/p/a\nb", "type=bind,\"source=/p/a\nb\",target=/workspace"),
        ])
    func quoting(path: String, option: String) throws {
        var plan = try plan()
        plan.workspace.mounts = [PodPlan.Mount(source: .folder(path), target: "/workspace")]
        #expect(values(of: "--mount", in: docker.run(plan)) == [option])
    }

    @Test("A target with a comma cannot add an option either")
    func quotedTarget() throws {
        var plan = try plan()
        plan.workspace.mounts = [PodPlan.Mount(source: .memory(mode: "0700"), target: "/workspace/a,b")]
        #expect(values(of: "--mount", in: docker.run(plan)) == ["type=tmpfs,\"target=/workspace/a,b\",tmpfs-mode=0700"])
    }

    @Test("A folder that may only be read is mounted so")
    func readOnly() throws {
        var plan = try plan()
        plan.workspace.mounts = [PodPlan.Mount(source: .folder("/a"), target: "/b", isReadOnly: true)]
        #expect(values(of: "--mount", in: docker.run(plan)) == ["type=bind,source=/a,target=/b,ro"])
    }

    @Test("Another seccomp profile is named, and the engine's own is not")
    func seccomp() throws {
        var plan = try plan()
        plan.workspace.security.seccomp = "/profile.json"
        plan.workspace.security.noNewPrivileges = false
        #expect(
            values(of: "--security-opt", in: docker.run(plan)) == [
                "apparmor=unconfined", "label=disable", "seccomp=/profile.json",
            ])
    }

    @Test("The image is the last argument, so that nothing of it is an option of docker's")
    func image() throws {
        #expect(try docker.run(plan("image: mine:1")).last == "mine:1")
    }

    @Test("A block driver's devices are allowed by the number that the kernel gave it")
    func blockDrivers() throws {
        var plan = try plan()
        plan.workspace.devices = PodPlan.Devices(blockMajors: [7], blockDrivers: ["device-mapper", "none"])
        let arguments = EngineArguments(engine: .docker, majors: ["device-mapper": 252, "sd": 8]).run(plan)
        #expect(values(of: "--device-cgroup-rule", in: arguments) == ["b 7:* rwm", "b 252:* rwm"])
    }

    @Test("A trial has a pod's privileges, no network, nothing of the host's, and goes when it ends")
    func trial() throws {
        let plan = try plan("ports: [\"9000:80\"]").withoutProject
        let arguments = docker.trial(plan, ["/usr/local/bin/tazpod-ghost", "--try-drivers", "fuse"])
        #expect(arguments.starts(with: ["run", "--rm", "--pull", "never", "--network", "none"]))
        for option in ["--mount", "--publish", "--name", "--label"] { #expect(!arguments.contains(option)) }
        let whole = docker.run(plan)
        for option in ["--device", "--device-cgroup-rule", "--cap-add", "--cap-drop", "--security-opt", "--env"] {
            #expect(values(of: option, in: arguments) == values(of: option, in: whole))
        }
        #expect(
            arguments.suffix(5) == ["--entrypoint", "/usr/local/bin/tazpod-ghost", "tazpod-base", "--try-drivers", "fuse"])
    }

    @Test("GPUs are asked for in each engine's words, and not for a trial")
    func gpu() throws {
        let plan = try plan("resources: {gpu: true}")
        #expect(values(of: "--gpus", in: docker.run(plan)) == ["all"])
        for engine in [podman, rootless] {
            #expect(values(of: "--device", in: engine.run(plan)).contains("nvidia.com/gpu=all"))
            #expect(!engine.trial(plan, ["tazpod-ghost"]).contains("nvidia.com/gpu=all"))
        }
        #expect(!docker.trial(plan, ["tazpod-ghost"]).contains("--gpus"))
    }

    @Test("Under podman a plan is the same but for what is podman's own")
    func podmansOwn() throws {
        let plan = try plan("ports: [\"9000:80\"]\nresources: {cpu: \"2\"}")
        let mask = "type=tmpfs,target=/workspace/.tazpod/vault,tmpfs-mode=0555"
        let own = ["--http-proxy=false", "--no-healthcheck"]
        #expect(
            podman.run(plan).filter { !own.contains($0) }
                == docker.run(plan).map { $0 == "\(mask),ro" ? "\(mask),notmpcopyup,ro" : $0 })
        #expect(own.allSatisfy { podman.run(plan).contains($0) })
    }

    @Test("A rootless pod's user is the caller, its first process is root's, and it asks for no device")
    func rootlessPod() throws {
        let arguments = try rootless.run(plan())
        #expect(values(of: "--userns", in: arguments) == ["keep-id:uid=1000,gid=1000"])
        #expect(values(of: "--user", in: arguments) == ["0:0"])
        for option in ["--device", "--device-cgroup-rule", "--privileged"] { #expect(!arguments.contains(option)) }
        #expect(try values(of: "--cap-add", in: arguments) == values(of: "--cap-add", in: docker.run(plan())))
    }

    @Test("A trial is made as a pod is, rootless too")
    func rootlessTrial() throws {
        let arguments = try rootless.trial(plan().withoutProject, ["tazpod-ghost"])
        for option in ["--userns", "--user", "--cap-add", "--security-opt"] {
            #expect(try values(of: option, in: arguments) == values(of: option, in: rootless.run(plan())))
        }
    }
}
