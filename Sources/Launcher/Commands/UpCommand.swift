import ArgumentParser
import Contract

struct UpCommand: AsyncVerb {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start the project's pod, and wait until it is ready.",
        discussion: """
            Run twice, it changes nothing. With the address of a git repository, or of a pull request, that is cloned first, and \
            made a project if it is none: into a volume of docker's or podman's, where it is known by the pod's name from then on \
            (tazpod enter --project POD), or, for native, into the current folder.

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
        let choice = ProviderChoice(log: options.log)
        let project = if let source { try await cloned(source, choice) } else { try options.findProject() }
        let plan = try project.plan()
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

    private func cloned(_ source: GitSource, _ choice: ProviderChoice) async throws -> Project {
        let place = RepositoryPlace(source: source, provider: provider, choice: choice, log: options.log)
        if dryRun, try !place.isThere() {
            throw Failure(.usage, "--dry-run needs a project that is here; clone \(source.repository) first")
        }
        return try await place.find()
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
        let wanted = provider == .auto ? nil : provider
        if let existing {
            if let wanted, wanted.rawValue != existing.provider.name {
                throw Failure(
                    .usage,
                    "the pod is on \(existing.provider.name) already; run tazpod down before you start it on \(wanted.rawValue)")
            }
            return existing.provider
        }
        if let clone = project.clone, !clone.isWhole, let kept = clone.provider, let wanted, wanted != kept {
            throw Failure(
                .usage,
                "the project's files are in a volume of \(kept.rawValue); run tazpod down --purge before you start it on "
                    + wanted.rawValue)
        }
        return try await choice.named(wanted ?? project.config.provider)
    }
}

extension FoundPod {
    /// Tells the user, or a script, what was started.
    func reportReady(_ options: GlobalOptions) {
        if options.json {
            Console.printJSON(record.published)
        } else {
            let project = record.volume != nil && KeptClone.named(record.name) != nil ? " --project \(record.name)" : ""
            options.log.notice(
                "the pod \(record.name) is ready (\(provider.name)); tazpod enter\(project), tazpod unlock\(project)")
        }
    }
}

extension ProjectConfig.ProviderName: ExpressibleByArgument {}

extension GitSource: ExpressibleByArgument {
    init?(argument: String) {
        self.init(argument)
    }
}
