import ArgumentParser
import Contract

struct UpCommand: AsyncVerb {
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

    @OptionGroup var waiting: WaitOption
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if source != nil && options.project != nil { throw ValidationError("give an address or --project, not both") }
    }

    func run() async throws {
        let project = try source.map { try cloned($0) } ?? options.findProject()
        let plan = try project.plan()
        let choice = ProviderChoice(log: options.log)
        for notice in project.devContainer?.notices ?? [] { options.log.notice("\(notice)") }
        if dryRun {
            let chosen = try await choice.named(provider ?? project.config.provider)
            try chosen.checkSecrets(of: plan)
            try printPlan(try await chosen.placed(plan), project, chosen)
            return
        }
        let start = PodStart(project: project, plan: plan, log: options.log, wait: waiting.wait, buildsAgain: build)
        try start.checkHost(consent: trust)
        let pod = try await PodLock.hold(project.podName, log: options.log) {
            let existing = try await choice.findPod(of: project)
            return try await start.run(on: try await chooseProvider(existing, choice, project), existing: existing?.record)
        }
        pod.reportReady(options)
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
}

extension FoundPod {
    /// Tells the user, or a script, what was started.
    func reportReady(_ options: GlobalOptions) {
        if options.json {
            Console.printJSON(record.published)
        } else {
            options.log.notice("the pod \(record.name) is ready (\(provider.name)); tazpod enter, tazpod unlock")
        }
    }
}

extension ProjectConfig.ProviderName: ExpressibleByArgument {}

extension GitSource: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}
