import Contract
import Testing

@testable import Launcher

struct ClonedProjectTests {
    @Test("The workspace and the vault are volumes of the pod's own, and everything else is as it was")
    func volumes() throws {
        let before = try plan()
        let after = try before.inVolumes()
        #expect(before.workspaceVolume == nil && before.volumes == [])
        #expect(after.workspaceVolume == "\(before.name)-workspace")
        #expect(after.volumes == ["\(before.name)-workspace", "\(before.name)-vault"])
        #expect(!after.isElsewhere)
        #expect(try after.inVolumes() == after)
        #expect(zip(before.workspace.mounts, after.workspace.mounts).allSatisfy { $0.target == $1.target })
    }

    @Test("Another folder of this machine stays on it, and is refused elsewhere")
    func folders() throws {
        var plan = try plan()
        plan.workspace.mounts.append(PodPlan.Mount(source: .folder("/p/webs"), target: "/more"))
        #expect(try plan.inVolumes().workspace.mounts.last?.source == .folder("/p/webs"))
        let error = #expect(throws: Failure.self) { try plan.inVolumes().elsewhere() }
        #expect(error?.code == .provider)
    }

    @Test("A folder of the project is nowhere, once its files are in a volume")
    func projectFolders() throws {
        var plan = try plan()
        plan.workspace.mounts.append(PodPlan.Mount(source: .folder("/p/web/data"), target: "/data"))
        let error = #expect(throws: Failure.self) { try plan.inVolumes() }
        #expect(error?.code == .provider)
    }

    @Test(
        "No project mounts a volume that is called like a pod's own",
        arguments: [
            ("tazpod-web-0123456789-vault", true), ("tazpod-x-workspace", true), ("tazpod-cache", false), ("vault", false),
        ])
    func names(name: String, isPods: Bool) {
        #expect(PodPlan.Volume.isAnyPods(name) == isPods)
    }

    @Test("The volume is a label of the container's, and is read back from it")
    func label() throws {
        let plan = try plan().inVolumes()
        #expect(EngineArguments(engine: .docker).run(plan).contains("dev.tazpod.volume=\(plan.name)-workspace"))
        let text = "{\"name\":\"x\",\"state\":\"running\",\"labels\":{\"dev.tazpod.volume\":\"v\"}}"
        #expect(try EngineRecord.parse(text, of: "docker").first?.volume == "v")
        let without = "{\"name\":\"x\",\"state\":\"running\",\"labels\":{\"dev.tazpod.volume\":\"\"}}"
        #expect(try EngineRecord.parse(without, of: "docker").map { $0.volume } == [nil])
    }

    @Test("A request is kept once, whatever is below it in its address, and beside its repository")
    func places() throws {
        let request = try #require(GitSource("https://github.com/o/web/pull/7"))
        let shown = try #require(GitSource("https://github.com/o/web/pull/7/files"))
        let repository = try #require(GitSource("https://github.com/o/web"))
        #expect(KeptClone(request).directory == KeptClone(shown).directory)
        #expect(KeptClone(request).directory.hasSuffix("/web-pull-7"))
        #expect(KeptClone(request).place != KeptClone(repository).place)
    }

    @Test("Kept is what the launcher reads, by the name at its top")
    func launcherFiles() throws {
        var config = ProjectConfig(name: "web")
        config.build = ProjectConfig.Build(dockerfile: "./docker/dev/Dockerfile")
        #expect(
            Project(directory: "/p/web", config: config).launcherFiles == [
                ".devcontainer", ".devcontainer.json", ".tazpod", "docker", "paude.json",
            ])
    }

    @Test("What is not pushed is three numbers, and nothing else that a pod may say")
    func work() {
        #expect(UnsavedWork(answer: "1\n2\n 3\n") == UnsavedWork(files: 1, commits: 2, stashes: 3))
        for text in ["", "1\n2\n", "1\n2\n3\n4\n", "1\n2\n\u{1b}[2J\n"] { #expect(UnsavedWork(answer: text) == nil) }
    }
}
