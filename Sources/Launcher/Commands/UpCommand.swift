import ArgumentParser
import Contract

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start the project's pod, and wait until it is ready.",
        discussion: "Run twice, it changes nothing.\n\nExample: tazpod up --provider native")

    @Option(help: ArgumentHelp("auto, docker, podman or native.", valueName: "provider"))
    var provider: ProjectConfig.ProviderName?

    @Flag(help: "Print what would be done, and do nothing.")
    var dryRun = false

    @OptionGroup var waiting: WaitOption
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let project = try options.findProject()
        let plan = try PodPlanner.plan(project)
        let choice = ProviderChoice(log: options.log)
        if dryRun {
            try printPlan(plan, try await choice.named(provider ?? project.config.provider))
            return
        }
        let start = PodStart(project: project, plan: plan, log: options.log, wait: waiting.wait)
        let pod = try await PodLock.hold(project.podName, log: options.log) {
            let existing = try await choice.findPod(of: project)
            return try await start.run(on: try await chooseProvider(existing, choice, project), existing: existing?.record)
        }
        pod.reportReady(options)
    }

    private func printPlan(_ plan: PodPlan, _ provider: any Provider) throws {
        if options.json { Console.printJSON(plan) } else { Console.printLine(provider.rendering(of: plan)) }
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
