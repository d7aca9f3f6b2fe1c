import Contract
import Testing

@testable import Launcher

struct DevContainerRunTests {
    private typealias Mount = DevContainer.Mount

    @Test("A mount is one line of fields, or an object")
    func mounts() throws {
        let mounts = try devContainer(
            """
            {"mounts": ["source=${localWorkspaceFolder}/data,target=/data,type=bind,consistency=cached,readonly",
             {"type": "volume", "source": "cache-${devcontainerId}", "target": "/cache"}, "type=tmpfs,dst=/fast"]}
            """)
        #expect(mounts.mounts.map { $0.kind } == [.bind, .volume, .tmpfs])
        #expect(mounts.mounts.map { $0.target } == ["/data", "/cache", "/fast"])
        #expect(mounts.mounts.first?.source == "/p/web/data")
        #expect(mounts.mounts.map { $0.isReadOnly } == [true, false, false])
        // The volume is named after this file, so no other pod has it.
        #expect(mounts.reach.isEmpty)
        #expect(try devContainer(#"{"mounts": ["source=shared,target=/s"]}"#).reach == ["uses the volume shared"])
    }

    @Test("Harmless arguments of docker run do the same in a pod")
    func taken() throws {
        let result = try devContainer(
            """
            {"runArgs": ["--env", "A=1", "-e", "B=x=y", "-p3000", "--publish=127.0.0.1:9:8", "--cpus", "2", "--memory=4g", "-v", "cache:/c:ro",
             "--cap-add=net_admin", "--security-opt", "no-new-privileges", "--network=bridge", "--gpus", "all"]}
            """)
        #expect(result.containerEnvironment == ["A": "1", "B": "x=y"])
        #expect(result.ports.map { $0.podPort } == [3000, 8])
        #expect(result.cpu == "2")
        #expect(result.memory == 4 << 30)
        #expect(result.gpu)
        #expect(result.capabilities == ["NET_ADMIN"])
        #expect(result.mounts.first?.isReadOnly == true)
        #expect(result.notices.count == 1)
    }

    @Test("Other arguments are named, and their values are not taken for arguments")
    func named() throws {
        let result = try devContainer(#"{"runArgs": ["--init", "--name", "x", "--label=a", "--hostname", "h", "-e", "A=1"]}"#)
        #expect(
            result.notices.map { $0.split(separator: " ").dropFirst(2).first.map { String($0) } } == [
                "--init", "--name", "--label", "--hostname",
            ])
        #expect(result.containerEnvironment == ["A": "1"])
    }

    @Test("A capability that a pod has anyway is not asked for twice")
    func capabilities() throws {
        #expect(try devContainer(#"{"capAdd": ["CAP_CHOWN", "sys_nice", "SYS_NICE"]}"#).capabilities == ["SYS_NICE"])
    }

    // -- the plan ------------------------------------------------------------------------------------------------------------

    private func plan(_ json: String, config text: String = "") throws -> PodPlan {
        let file = try devContainer(json)
        let config = try ConfigFile.parse([UInt8](text.utf8), file: "config.yaml", folder: "web") { file.apply(to: &$0) }
        return try PodPlanner.plan(Project(directory: "/p/web", config: config, devContainer: file))
    }

    @Test("config.yaml wins over devcontainer.json, and adds to its variables")
    func precedence() throws {
        let json = #"{"image": "theirs", "remoteUser": "dev", "containerEnv": {"A": "1", "B": "1"}, "forwardPorts": [1]}"#
        let theirs = try plan(json).workspace
        #expect(theirs.image == "theirs")
        #expect(theirs.user == "dev")
        let ours = try plan(json, config: "image: ours\nuser: me\nenv: {B: '2'}\nports: ['2']").workspace
        #expect(ours.image == "ours")
        #expect(ours.user == "me")
        #expect(ours.environment["TAZPOD_ENV_A"] == "1")
        #expect(ours.environment["TAZPOD_ENV_B"] == "2")
        #expect(ours.ports.map { $0.podPort } == [2])
    }

    @Test(
        "config.yaml says which file there is, and what of it does not count",
        arguments: [
            ("", DevContainerChoice()), ("devcontainer: false", DevContainerChoice(isWanted: false)),
            ("devcontainer: {file: a/b.json, ignore: [capAdd]}", DevContainerChoice(file: "a/b.json", ignored: ["capAdd"])),
        ])
    func choice(text: String, choice: DevContainerChoice) throws {
        #expect(try ConfigFile.devContainerChoice([UInt8](text.utf8), file: "c") == choice)
        #expect(throws: Never.self) { try config(text) }
    }

    @Test(
        "A mistake in it is told with its place",
        arguments: [
            ("devcontainer: {ignore: [capAd]}", "1:24: devcontainer: ignore: a devcontainer.json has no capAd; write capAdd"),
            ("devcontainer: {fil: x}", "1:16: devcontainer has no key fil; write file"),
            ("devcontainer: {file: ../x}", "1:22: devcontainer: file must be a path inside the project, without .., not ../x"),
            ("devcontainer: maybe", "1:15: devcontainer must be true or false"),
        ])
    func wrongChoice(text: String, sentence: String) {
        #expect(throws: Failure(.project, "c:\(sentence)")) { try ConfigFile.devContainerChoice([UInt8](text.utf8), file: "c") }
    }

    @Test("An image in config.yaml takes the place of a build, and a build there that of an image")
    func imageOrBuild() throws {
        let json = #"{"build": {"dockerfile": "D"}}"#
        #expect(try plan(json).build?.recipe?.dockerfile == "/p/web/.devcontainer/D")
        #expect(try plan(json, config: "image: ours").build == nil)
        #expect(try plan(#"{"image": "x"}"#, config: "build: {dockerfile: E}").build?.recipe?.dockerfile == "/p/web/E")
    }

    @Test("The vault goes into no image, wherever the context begins")
    func context() throws {
        let json = #"{"build": {"dockerfile": "D", "context": ".."}}"#
        #expect(try plan(json).build?.recipe?.excluded == [".tazpod/vault"])
        #expect(try plan(#"{"build": {"dockerfile": "D"}}"#).build?.recipe?.excluded == [])
    }

    @Test("An image with features is made over the one that is named, or built")
    func features() throws {
        let build = try plan(#"{"image": "x", "features": {"./f": {"v": 1}, "ghcr.io/a/b/c:1": "2"}}"#).build
        #expect(build?.base == "x")
        #expect(build?.features.map { $0.reference } == ["./.devcontainer/f", "ghcr.io/a/b/c:1"])
        #expect(build?.features.map { $0.options } == [["v": "1"], ["version": "2"]])
        #expect(try plan(#"{"image": "x", "features": {"./f": {}}}"#).workspace.image == build?.name)
    }

    @Test("A second place of the workspace hides the vault as the first does")
    func workspaceFolder() throws {
        let mounts = try plan(#"{"workspaceFolder": "/w/web"}"#).workspace.mounts.suffix(2)
        #expect(
            Array(mounts) == [
                PodPlan.Mount(source: .folder("/p/web"), target: "/w/web"),
                PodPlan.Mount(source: .memory(mode: "0555"), target: "/w/web/.tazpod/vault", isReadOnly: true),
            ])
        #expect(try plan(#"{"workspaceFolder": "/workspace/sub"}"#).workspace.mounts.count == 3)
    }

    @Test("A mount that would show the vault is covered there, and one of the vault itself is refused")
    func vault() throws {
        let covered = try plan(#"{"mounts": ["type=bind,source=/p,target=/all"]}"#).workspace.mounts.last
        #expect(covered == PodPlan.Mount(source: .memory(mode: "0555"), target: "/all/web/.tazpod/vault", isReadOnly: true))
        for source in ["/p/web/.tazpod/vault", "/p/web/.tazpod/vault/x"] {
            let error = #expect(throws: Failure.self) { try plan("{\"mounts\": [\"type=bind,source=\(source),target=/v\"]}") }
            #expect(error?.code == .refused)
        }
    }

    @Test("The image's own variables are put where the user's are made from them")
    func imageEnvironment() throws {
        let plan = try plan(
            #"{"containerEnv": {"A": "a"}, "remoteEnv": {"PATH": "${containerEnv:PATH}:/x", "B": "${containerEnv:A}", "C": "${containerEnv:NO:d}"}}"#
        )
        #expect(plan.needsImageEnvironment)
        let expanded = plan.expanding(["PATH": "/bin"])
        #expect(!expanded.needsImageEnvironment)
        #expect(expanded.userEnvironment == ["A": "a", "B": "a", "C": "d", "PATH": "/bin:/x"])
    }

    @Test(
        "Nobody in a pod sees what makes root of the host",
        arguments: [
            "/", "/proc", "/sys/fs", "/dev", "/var/run/docker.sock", "/run", "/var", "/run/user/1000/podman/podman.sock",
            "/var/lib/docker/x",
        ])
    func hostPlaces(path: String) {
        #expect(PodPlaces.areHosts(path))
    }

    @Test("Other folders may be asked for", arguments: ["/home/ann/.m2", "/srv", "/runner", "/varnish"])
    func otherPlaces(path: String) {
        #expect(!PodPlaces.areHosts(path))
    }
}
