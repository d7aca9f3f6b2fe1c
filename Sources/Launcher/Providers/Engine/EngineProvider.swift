import Contract
import FoundationEssentials
import Linux
import Logging

/// Runs pods with an engine's own command line, so that contexts, connections, credentials and DOCKER_HOST work as set up.
struct EngineProvider: Provider {
    let engine: Engine
    let log: Logger

    var name: String { engine.name }
    let programFolder = PodPaths.programs
    let hasVolumes = true
    var givesSecrets: Bool { engine.absentSecret != nil }

    private static let inspectSeconds = 30
    private static let removalMilliseconds: Int64 = 60_000

    /// Whether it can run something.
    func answers() async -> Bool {
        guard let result = try? await run(engine.check) else { return false }
        return result.status == 0
    }

    func rendering(of plan: PodPlan) -> String {
        let building = plan.build.map { ImageBuilder(engine: engine, log: log).rendering($0) } ?? []
        // Without the engine nobody knows what is in the image.
        let known = (try? arguments(for: plan)) ?? EngineArguments(engine: engine, majors: KernelDevices.blockMajors())
        let bundling = known.bundledImage.map { ["# the image \($0): \(plan.workspace.image) with TazPod's programs"] } ?? []
        return (building + bundling + [command(known.run(plan)).description]).joined(separator: "\n")
    }

    func prepareImage(_ build: ImageBuild, again: Bool) async throws {
        guard await answers() else { throw silence(try await run(engine.check)) }
        try await ImageBuilder(engine: engine, log: log).make(build, again: again)
    }

    func environment(ofImage plan: PodPlan) async throws -> [String: String] {
        let result = try await run(["image", "inspect", "--format", "{{json .Config.Env}}", plan.workspace.image])
        let lines = (try? JSONDecoder().decode([String].self, from: Data(result.output.utf8))) ?? []
        return lines.reduce(into: [:]) { variables, line in
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
    }

    /// How a pod is made from the plan's image: as it is, or with TazPod's programs mounted into it.
    private func arguments(for plan: PodPlan) throws(Failure) -> EngineArguments {
        var arguments = EngineArguments(engine: engine, majors: KernelDevices.blockMajors())
        let name = plan.workspace.image
        if EngineImage.isOwn(name) { return arguments }
        let result = try command(["image", "inspect", "--format", EngineImage.inspectFormat, name]).run(
            seconds: EngineProvider.inspectSeconds, log: log)
        // It is `run` that says why.
        guard result.status == 0, let image = EngineImage.parse(result.output), !image.hasPrograms else { return arguments }
        let bundle = try Bundle.find(for: plan)
        arguments.bundled = (bundle, image)
        if plan.isElsewhere { arguments.bundledImage = try BundledImage(bundle: bundle, base: name, image: image).name }
        return arguments
    }

    func start(_ plan: PodPlan, existing: PodRecord?) async throws -> PodRecord {
        if var record = existing {
            if record.state == .stopped { try await startAgain(plan.name) }
            record.state = .running
            return record
        }
        try refuseDriver(of: plan)
        let arguments = try arguments(for: plan)
        try makeBundledImage(arguments, of: plan)
        try await makeVolumes(of: plan)
        let result = try await run(arguments.run(plan))
        if result.status == 0 {
            // An engine that cannot limit something starts the pod nevertheless.
            if plan.workspace.resources != PodPlan.Resources(), !result.errors.isEmpty {
                log.notice("\(name) says of resources: \(result.complaint)")
            }
            return PodRecord(
                name: plan.name, project: plan.project, directory: plan.directory, provider: name, state: .running,
                planDigest: plan.digest, user: plan.workspace.user, environment: plan.userEnvironment,
                volume: plan.workspaceVolume)
        }
        if engine.absentImage.contains(where: { result.errors.contains($0) }) {
            throw Failure(
                .provider,
                "\(name) has no image \(plan.workspace.image); build it with \(Engine.recipe(for: name)), or name another under image:"
            )
        }
        if let absent = engine.absentSecret, result.errors.contains(absent) { throw EngineSecret.absent(plan, engine, result) }
        // A launcher that was killed had asked for it before, and the engine was still at it.
        if result.errors.contains("container name"), let other = try await find(plan.name) {
            return try await start(plan, existing: other)
        }
        // A container that could not start is left behind.
        _ = try? await run(["rm", "--force", plan.name])
        throw Failure(.provider, "\(name) could not start the pod: \(result.complaint)")
    }

    /// Twice if it has to be: a podman that was killed while it started a pod left that half made in its runtime, and the first try
    /// does no more than clear it away.
    private func startAgain(_ podName: String) async throws {
        if try await run(["start", podName]).status == 0 { return }
        try await expectSuccess(run(["start", podName]), "start the pod")
    }

    /// A vault that can never be opened there is better told of now.
    private func refuseDriver(of plan: PodPlan) throws {
        let driver = plan.workspace.environment[PodVariable.vaultDriver].flatMap { ProjectConfig.VaultDriver(rawValue: $0) }
        guard engine.isRootless, driver == .fuse || driver == .dmcrypt else { return }
        throw Failure(
            .provider, "a rootless pod has no devices for driver: \(driver?.rawValue ?? ""); write driver: auto under vault:")
    }

    func stop(_ podName: String) async throws {
        try await expectSuccess(run(stopArguments(podName)), "stop the pod")
    }

    private func stopArguments(_ podName: String) -> [String] {
        ["stop", "--time", String(PodPlan.stopSeconds), podName]
    }

    func remove(_ podName: String) async throws {
        let stopped = try await run(stopArguments(podName))
        if stopped.status != 0, try await find(podName) == nil { return }
        let removed = try await run(["rm", "--force", "--volumes", podName])
        // A launcher that was killed had asked for it before, and the engine is still at it.
        if removed.errors.contains("already in progress"), try await goesAway(podName) { return }
        try expectSuccess(removed, "remove the pod")
    }

    private func goesAway(_ podName: String) async throws -> Bool {
        let deadline = monotonicMilliseconds() + EngineProvider.removalMilliseconds
        while monotonicMilliseconds() < deadline {
            if try await find(podName) == nil { return true }
            try await Task.sleep(nanoseconds: 50_000_000)
        }
        return false
    }

    func find(_ podName: String) async throws -> PodRecord? {
        if let answer = findBySocket(podName) { return answer }
        let result = try await run(["container", "inspect", "--format", EngineRecord.inspectFormat, podName])
        guard result.status == 0 else {
            if result.errors.lowercased().contains("no such container") { return nil }
            throw silence(result)
        }
        return try EngineRecord.parse(result.output, of: name).first
    }

    func list() async throws -> [PodRecord] {
        let filter = ["--filter", "label=\(EngineLabels.project)"]
        let result = try await run(["ps", "--all", "--no-trunc"] + filter + ["--format", engine.listFormat])
        guard result.status == 0 else { throw silence(result) }
        return try EngineRecord.parse(result.output, of: name)
    }

    func command(_ request: PodCommand, in record: PodRecord) throws -> HostCommand {
        var arguments = ["exec", "--interactive"]
        if request.isInteractive { arguments.append("--tty") }
        arguments += ["--user", request.isRoot ? "0" : record.user]
        if let directory = request.directory { arguments += ["--workdir", directory] }
        // By name only: the engine takes the values from its own environment.
        for name in request.environment.keys.sorted() { arguments += ["--env", name] }
        return command(arguments + [record.name] + UserEnvironment.command(request, in: record), environment: request.environment)
    }

    func trial(of plan: PodPlan, _ arguments: [String]) throws -> TrialCommand {
        let container = try self.arguments(for: plan)
        try makeBundledImage(container, of: plan)
        return TrialCommand(command: command(container.trial(plan, ["\(programFolder)/tazpod-ghost"] + arguments)))
    }

    func logs(of record: PodRecord, follow: Bool) throws -> HostCommand {
        command(["logs"] + (follow ? ["--follow"] : []) + [record.name])
    }

    func command(_ arguments: [String], environment: [String: String] = [:]) -> HostCommand {
        HostCommand(arguments: [engine.name] + arguments, environment: environment)
    }

    func run(_ arguments: [String]) async throws -> CommandOutput {
        try await command(arguments).run(log: log)
    }

    private func expectSuccess(_ result: CommandOutput, _ what: String) throws {
        if result.status != 0 { throw Failure(.provider, "\(name) could not \(what): \(result.complaint)") }
    }

    private func silence(_ result: CommandOutput) -> Failure {
        Failure(.provider, "\(name) does not answer (\(result.complaint)); \(engine.remedy)")
    }
}
