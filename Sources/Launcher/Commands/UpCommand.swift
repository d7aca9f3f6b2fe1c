import ArgumentParser
import CLinux
import Contract
import FoundationEssentials
import Linux

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start the project's pod, and wait until it is ready.",
        discussion: "Run twice, it changes nothing.\n\nExample: tazpod up --provider native")

    @Option(help: ArgumentHelp("auto, docker, podman or native.", valueName: "provider"))
    var provider: ProjectConfig.ProviderName?

    @Flag(help: "Print what would be done, and do nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("How long to wait until the pod is ready.", valueName: "seconds"))
    var wait = 30

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if wait < 1 || wait > 3600 { throw ValidationError("--wait takes 1 to 3600 seconds") }
    }

    func run() async throws {
        let project = try options.findProject()
        let plan = try PodPlanner.plan(project)
        let choice = ProviderChoice(log: options.log)
        if dryRun {
            try printPlan(plan, try await choice.named(provider ?? project.config.provider))
            return
        }
        let existing = try await choice.findPod(of: project)
        let chosen = try await chooseProvider(existing, choice, project)
        if existing?.record.state == .running {
            reportDifference(existing, plan)
        } else {
            try makeVaultFolder(project)
        }
        let pod = FoundPod(record: try await chosen.start(plan, existing: existing?.record), provider: chosen)
        try await waitUntilReady(pod, plan)
        report(pod)
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

    private func reportDifference(_ existing: FoundPod?, _ plan: PodPlan) {
        if let digest = existing?.record.planDigest, digest != plan.digest {
            options.log.notice(
                "the project's files have changed since this pod was made; run tazpod down and tazpod up to use them")
        }
    }

    /// The vault's folder must be there to be mounted, and is the user's alone.
    private func makeVaultFolder(_ project: Project) throws {
        guard project.vaultDirectory.hasPrefix(project.directory + "/") else { return }
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
        // As root: a user that the image lacks is there only once init has made it.
        let command = try pod.provider.command(PodCommand(arguments: words, isRoot: true, directory: "/"), in: pod.record)
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
