import ArgumentParser
import CLinux
import Contract
import FoundationEssentials
import Linux

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start the project's pod, and wait until it is ready.",
        discussion: """
            Run twice, it changes nothing. With the address of a git repository, or of a pull request, that is cloned into the \
            current folder first, and made a project if it is none.

            Example: tazpod up --provider native
            """)

    @Argument(help: ArgumentHelp("A git repository, or a pull request of one.", valueName: "url"))
    var source: GitSource?

    @Option(help: ArgumentHelp("auto, docker, podman or native.", valueName: "provider"))
    var provider: ProjectConfig.ProviderName?

    @Flag(help: "Print what would be done, and do nothing.")
    var dryRun = false

    @Flag(help: "Build the project's own image again, if it has one.")
    var build = false

    @Flag(help: "Grant what the project's devcontainer.json wants of this machine.")
    var trust = false

    @Option(help: ArgumentHelp("How long to wait until the pod is ready.", valueName: "seconds"))
    var wait = 30

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if source != nil && options.project != nil { throw ValidationError("give an address or --project, not both") }
        if wait < 1 || wait > 3600 { throw ValidationError("--wait takes 1 to 3600 seconds") }
    }

    func run() async throws {
        let project = try source.map { try cloned($0) } ?? options.findProject()
        let plan = try PodPlanner.plan(project)
        let choice = ProviderChoice(log: options.log)
        for notice in project.devContainer?.notices ?? [] { options.log.notice("\(notice)") }
        if dryRun {
            try printPlan(plan, project, try await choice.named(provider ?? project.config.provider))
            return
        }
        try HostConsent(project: project).obtain(granted: trust)
        try HostMachine.check(project)
        let existing = try await choice.findPod(of: project)
        let chosen = try await chooseProvider(existing, choice, project)
        let lifecycle = LifecycleRunner(project: project, log: options.log)
        if existing?.record.state != .running { try lifecycle.initialize() }
        let final = try await prepare(plan, on: chosen, existing)
        if existing?.record.state == .running {
            reportDifference(existing, final)
        } else {
            try makeVaultFolder(project)
        }
        let pod = FoundPod(record: try await chosen.start(final, existing: existing?.record), provider: chosen)
        try await waitUntilReady(pod, plan)
        try await lifecycle.start(pod)
        report(pod)
    }

    /// Sees to the image, and puts what only that knows into the plan. A pod that is there keeps the image that it was made of.
    private func prepare(_ plan: PodPlan, on provider: any Provider, _ existing: FoundPod?) async throws -> PodPlan {
        if let image = plan.build, existing == nil || build {
            try await provider.prepareImage(image, again: build)
            if existing != nil {
                options.log.notice("the pod is of the image before; run tazpod down and tazpod up to use the new one")
            }
        }
        guard plan.needsImageEnvironment else { return plan }
        return plan.expanding(try await provider.environment(ofImage: plan))
    }

    private func cloned(_ source: GitSource) throws -> Project {
        if dryRun { throw Failure(.usage, "--dry-run needs a project that is here; clone \(source.repository) first") }
        let directory = try source.clone(into: Project.canonical("."), log: options.log)
        if !Project.isOne(directory) {
            for file in ProjectTemplate(vertical: .base, imageIsNamedBy: ProjectTemplate.imageFile(in: directory)).files {
                _ = try file.write(in: directory)
            }
        }
        return try Project.find(at: directory)
    }

    private func printPlan(_ plan: PodPlan, _ project: Project, _ provider: any Provider) throws {
        if options.json { return Console.printJSON(plan) }
        let commands = project.devContainer?.commands ?? []
        let lines = commands.flatMap { command in command.parts.map { "# \(command.stage.rawValue): \($0.line)" } }
        let before = lines.filter { $0.hasPrefix("# \(LifecycleStage.initialize.rawValue)") }
        let after = lines.filter { !before.contains($0) }
        Console.printLine((before + [provider.rendering(of: plan)] + after).joined(separator: "\n"))
    }

    /// A pod stays where it is.
    private func chooseProvider(_ existing: FoundPod?, _ choice: ProviderChoice, _ project: Project) async throws -> any Provider
    {
        guard let existing else { return try await choice.named(provider ?? project.config.provider) }
        if let provider, provider != .auto, provider.rawValue != existing.provider.name {
            throw Failure(
                .usage,
                "the pod is on \(existing.provider.name) already; run tazpod down before you start it on \(provider.rawValue)")
        }
        return existing.provider
    }

    private func reportDifference(_ existing: FoundPod?, _ plan: PodPlan) {
        if let digest = existing?.record.planDigest, digest != plan.digest {
            options.log.notice(
                "the project's files have changed since this pod was made; run tazpod down and tazpod up to use them")
        }
    }

    /// The vault's folder must be there to be mounted, and is the user's alone.
    private func makeVaultFolder(_ project: Project) throws {
        guard project.vaultDirectory.hasPrefix(project.directory + "/") else { return }
        // A project that is only a devcontainer.json's has nothing yet that keeps its vault out of git.
        if access("\(project.directory)/\(Project.folder)", F_OK) != 0 {
            _ = try ProjectTemplate.ignoreFile.write(in: project.directory)
        }
        var path = project.directory
        for part in project.vaultDirectory.dropFirst(project.directory.count).split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o700) == 0 {
                // In a folder that passes its group on it would not be ours alone, and out of the reach of a pod without root.
                if geteuid() != 0 { _ = chown(path, uid_t.max, getegid()) }
            } else if clinux_errno() != EEXIST {
                throw Failure(.project, SystemError.last("make the vault's folder \(path)"))
            }
        }
    }

    private func waitUntilReady(_ pod: FoundPod, _ plan: PodPlan) async throws {
        let probe = plan.workspace.readyProbe
        let words = ["\(pod.provider.programFolder)/\(probe[0])"] + probe.dropFirst() + ["--wait", String(wait)]
        let command = try pod.provider.command(PodCommand(arguments: words, directory: "/"), in: pod.record)
        if try await command.run(log: options.log).status == 0 { return }
        guard try await pod.provider.find(pod.record.name)?.state == .running else {
            throw Failure(.provider, "the pod ended while it started; tazpod logs says why")
        }
        throw Failure(.timeout, "the pod was not ready within \(wait) seconds; tazpod logs says why, --wait gives it longer")
    }

    private func report(_ pod: FoundPod) {
        if options.json {
            Console.printJSON(pod.record.published)
        } else {
            options.log.notice("the pod \(pod.record.name) is ready (\(pod.provider.name)); tazpod enter, tazpod unlock")
        }
    }
}

extension ProjectConfig.ProviderName: ExpressibleByArgument {}

extension GitSource: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}
