import ArgumentParser
import Contract
import FoundationEssentials

struct StatusCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say how the project's pod, its vault and its services are.",
        discussion: "Example: tazpod status --json")

    @Flag(help: "First read the service files again, and start, restart and stop services accordingly.")
    var reload = false

    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        if reload { _ = try ControlClient().ask(Message("reload")) }
        show(try PodStatus.ofThisPod())
    }

    func run() async throws {
        show(try await statusFromHost())
    }

    private func show(_ status: PodStatus) {
        if options.json { Console.printJSON(status) } else { Console.printLine(status.lines) }
    }

    private func statusFromHost() async throws -> PodStatus {
        let project = try options.findProject()
        let choice = ProviderChoice(log: options.log)
        guard let pod = try await choice.findPod(of: project) else {
            return PodStatus(
                project: project.config.name, name: project.podName, pod: "absent", directory: project.directory,
                volume: project.clone?.provider.map { _ in PodPlan.Volume.workspace(project.podName) },
                vault: PodStatus.Vault(state: "unknown"))
        }
        var status = PodStatus(project: project.config.name, pod: "stopped", vault: PodStatus.Vault(state: "unknown"))
        if pod.record.state == .running {
            do {
                status = try await pod.ask(
                    ["status", "--json"] + (reload ? ["--reload"] : []), as: PodStatus.self, log: options.log)
            } catch {
                // It may have stopped between the two questions.
                if try await choice.findPod(of: project)?.record.state == .running { throw error }
            }
        }
        status.name = pod.record.name
        status.provider = pod.provider.name
        status.directory = pod.record.directory
        status.volume = pod.record.volume
        return status
    }
}

struct SessionsCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "List the sessions that attach can come back to.",
        discussion: """
            The public session main is always there. Another one that is created here is kept too: when its last shell ends, it \
            is made again. On a terminal, and where there are several, you are asked which to attach to.

            Example: tazpod sessions --create build
            """)

    @Option(help: ArgumentHelp("Make a public session of this name, and keep it.", valueName: "name"))
    var create: String?

    @Option(help: ArgumentHelp("End this public session.", valueName: "name"), completion: SessionNames.completion)
    var end: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if create != nil && end != nil { throw ValidationError("give --create or --end, not both") }
    }

    func runInPod() throws {
        if let create { _ = try ControlClient().ask(Message("create-session").adding("name", create)) }
        if let end { _ = try ControlClient().ask(Message("end-session").adding("name", end)) }
        show(try SessionList.ofThisPod())
    }

    func run() async throws {
        let pod = try await options.findRunningPod()
        let words = create.map { ["--create", $0] } ?? end.map { ["--end", $0] } ?? []
        let list = try await pod.ask(["sessions", "--json"] + words, as: SessionList.self, log: options.log)
        guard words.isEmpty, !options.json, !options.quiet, list.sessions.count > 1, Console.isInteractive else {
            return show(list)
        }
        guard let chosen = SessionPicker(list: list).ask() else { return }
        try await HostSession(name: chosen).attach(in: pod, passphrase: nil, log: options.log)
    }

    private func show(_ list: SessionList) {
        if options.json { Console.printJSON(list) } else { Console.printLine(list.lines) }
    }
}

struct ListCommand: AsyncVerb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the pods of this user, of every project.", discussion: "Example: tazpod list --json")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let records = try await ProviderChoice(log: options.log).allPods().map { $0.record }
        if options.json {
            Console.printJSON(records.map { $0.published })
        } else {
            let rows = records.map { record in
                [record.name, record.provider, record.state.rawValue, record.volume.map { "volume \($0)" } ?? record.directory]
            }
            Console.printLine(Table.render([["POD", "PROVIDER", "STATE", "DIRECTORY"]] + rows))
        }
    }
}

struct LogsCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Print what the pod's first process and its services said.",
        discussion: """
            Inside the pod, and with --service, what one service printed last: up to 200 lines.

            Example: tazpod logs -f
            """)

    @Option(name: .shortAndLong, help: "Print the last lines of this service alone.")
    var service: String?

    @Flag(name: .shortAndLong, help: "Go on printing as more comes.")
    var follow = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if service != nil && follow { throw ValidationError("--follow and --service do not go together") }
    }

    func runInPod() throws {
        guard let service else { throw Failure(.usage, "inside a pod, name a service: tazpod logs --service NAME") }
        let answer = try ControlClient().ask(Message("logs").adding("service", service))
        for line in answer.all("line") { Console.printLine(String(decoding: line, as: UTF8.self)) }
    }

    func run() async throws {
        let project = try options.findProject()
        if let service {
            let pod = try await options.findRunningPod()
            try pod.guest(["logs", "--service", service], interactive: false).become(log: options.log)
        }
        guard let pod = try await ProviderChoice(log: options.log).findPod(of: project) else {
            throw Failure(.provider, "there is no pod of \(project.config.name); run tazpod up")
        }
        try pod.provider.logs(of: pod.record, follow: follow).become(log: options.log)
    }
}

struct DownCommand: AsyncVerb {
    static let configuration = CommandConfiguration(
        commandName: "down", abstract: "Lock the vault, stop the pod and remove it.",
        discussion: """
            The project's folder and the vault stay, also where they are in volumes. With --purge the vault is destroyed too, what \
            ssh-config made, and the workspace where it is a volume: what git knows to be nowhere else is told of before.

            Example: tazpod down
            """)

    @Flag(help: "Destroy the vault too. Its secrets are lost for good.")
    var purge = false

    @Flag(help: "Do not ask for the project's name before --purge.")
    var yes = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let project = try options.findProject()
        if purge { try await confirm(project) }
        try await PodLock.hold(project.podName, log: options.log) {
            let choice = ProviderChoice(log: options.log)
            let pod = try await choice.findPod(of: project)
            if let pod {
                try await pod.provider.remove(pod.record.name)
                options.log.notice("the pod \(pod.record.name) is gone")
                if let volume = pod.record.volume, !purge {
                    options.log.notice("its files stay, in the volume \(volume)")
                }
            } else {
                try await choice.finishRemoval(of: project.podName)
            }
            try TokenStore(podName: project.podName).forget()
            guard purge else { return }
            let wanted = project.clone?.provider ?? project.config.provider
            let provider = if let pod { pod.provider } else { try await choice.named(wanted) }
            try await provider.removeVolumes(of: project.podName)
            try destroyVault(project)
            for session in SSHSession.allCases { session.forget(podName: project.podName) }
            project.clone?.remove(log: options.log)
        }
    }

    private func confirm(_ project: Project) async throws {
        if let warning = try await lostWork(project) { options.log.notice("\(warning)") }
        if yes { return }
        guard Console.isInteractive else {
            throw Failure(.refused, "--purge destroys the vault; type the project's name on a terminal, or add --yes")
        }
        print("The vault of \(project.config.name) and all its secrets will be lost. Type the project's name: ", terminator: "")
        guard readLine() == project.config.name else { throw Failure(.refused, "that is not the name; nothing was changed") }
    }

    /// What else is lost, where the project's files are in a volume.
    private func lostWork(_ project: Project) async throws -> String? {
        let pod = try await ProviderChoice(log: options.log).findPod(of: project)
        guard let pod else {
            return project.clone?.provider.map { _ in
                UnsavedWork.warning(nil, volume: PodPlan.Volume.workspace(project.podName))
            }
        }
        guard let volume = pod.record.volume else { return nil }
        return UnsavedWork.warning(await UnsavedWork.find(in: pod, log: options.log), volume: volume)
    }

    private func destroyVault(_ project: Project) throws {
        let path = project.vaultImage
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw Failure(.vault, "the vault \(path) could not be removed; remove it by hand")
        }
    }
}
