import Contract
import Logging

/// Gathers what the checks decide from.
struct FactGatherer {
    let log: Logger
    /// What was asked for on the command line, over the config.
    let provider: ProjectConfig.ProviderName?

    /// - Parameters:
    ///   - project: The project, or one of defaults in the current folder.
    ///   - isProject: It is one.
    func gather(_ project: Project, isProject: Bool) async -> DoctorFacts {
        let wanted = provider ?? project.config.provider
        let docker = EngineProbe(log: log).docker()
        let podman = askPodman(wanted, docker)
        var facts = DoctorFacts(config: project.config, wanted: wanted, chosen: choose(wanted, docker, podman))
        facts.project = isProject ? project.config.name : nil
        facts.docker = docker
        facts.podman = podman
        facts.native = HostProbe(log: log).native()
        facts.host = HostProbe.host()
        let choice = ProviderChoice(log: log)
        for name in ProjectConfig.ProviderName.allCases {
            do {
                _ = try await choice.named(name == .auto ? .native : name)
            } catch {
                facts.missingProviders[name] = (error as? Failure)?.sentence
            }
        }
        var pod: FoundPod?
        if isProject {
            pod = await runningPod(of: project, facts)
            if provider == nil, let name = pod?.provider.name {
                facts.chosen = ProjectConfig.ProviderName(rawValue: name) ?? .auto
            }
        }
        if case .answers(let engine)? = facts.chosenEngine { facts.host.kernel = engine.kernel ?? facts.host.kernel }
        facts.image = image(facts)
        facts.disks = disks(facts, project, isProject: isProject)
        facts.network = HostProbe.network(project.config)
        await addDrivers(to: &facts, project, pod)
        return facts
    }

    /// No more than whether it is installed, unless the pod would run there.
    private func askPodman(_ wanted: ProjectConfig.ProviderName, _ docker: EngineAnswer) -> EngineAnswer {
        let installed = EngineProbe(log: log).installedPodman()
        guard case .installed = installed else { return installed }
        if wanted == .podman { return EngineProbe(log: log).podman() }
        if case .answers = docker { return installed }
        return wanted == .auto ? EngineProbe(log: log).podman() : installed
    }

    /// As `tazpod up` does.
    private func choose(
        _ wanted: ProjectConfig.ProviderName, _ docker: EngineAnswer, _ podman: EngineAnswer
    ) -> ProjectConfig.ProviderName {
        guard wanted == .auto else { return wanted }
        if case .answers = docker { return .docker }
        if case .answers = podman { return .podman }
        return .native
    }

    /// An engine is asked only if it answers.
    private func runningPod(of project: Project, _ facts: DoctorFacts) async -> FoundPod? {
        var providers: [any Provider] = [NativeProvider(log: log)]
        let choice = ProviderChoice(log: log)
        for (name, answer) in [(ProjectConfig.ProviderName.docker, facts.docker), (.podman, facts.podman)] {
            if case .answers = answer, let engine = try? await choice.named(name) { providers.append(engine) }
        }
        for provider in providers {
            guard let record = try? await provider.find(project.podName) else { continue }
            return record.state == .running ? FoundPod(record: record, provider: provider) : nil
        }
        return nil
    }

    private func image(_ facts: DoctorFacts) -> ImageAnswer {
        if facts.chosen == .native { return HostProbe.nativeImage() }
        guard case .answers? = facts.chosenEngine else { return .notAsked }
        return EngineProbe(log: log).image(facts.config.image, command: facts.chosen.rawValue)
    }

    private func disks(_ facts: DoctorFacts, _ project: Project, isProject: Bool) -> [DiskFacts] {
        let vault = HostProbe.vaultDisk(project, isProject: isProject)
        if facts.chosen == .native { return [vault, HostProbe.disk("native", NativeStore().root)] }
        guard case .answers(let engine)? = facts.chosenEngine, let folder = engine.dataFolder else { return [vault] }
        var disk = HostProbe.disk(facts.chosen.rawValue, folder)
        // It is the daemon that writes there.
        disk.isWritable = true
        // Its folder may be on another machine.
        return disk.path == folder ? [vault, disk] : [vault]
    }

    private func addDrivers(to facts: inout DoctorFacts, _ project: Project, _ pod: FoundPod?) async {
        let plan: PodPlan
        do {
            plan = try PodPlanner.plan(project)
        } catch {
            facts.planProblem = error.sentence
            facts.drivers = .untried("are tried once the project can be planned")
            return
        }
        if let reason = obstacle(facts) {
            facts.drivers = .untried(reason)
            return
        }
        guard let provider = try? await ProviderChoice(log: log).named(facts.chosen) else { return }
        let probe = DriverProbe(log: log)
        if let pod, pod.provider.name == provider.name, pod.record.planDigest == plan.digest {
            do {
                facts.drivers = try probe.tryInPod(pod)
                return
            } catch {
                log.notice("the running pod cannot try its drivers (\(error.sentence)); they are tried beside it")
            }
        }
        facts.drivers = probe.tryApart(project, on: provider)
    }

    /// Why there is no place to try drivers in.
    private func obstacle(_ facts: DoctorFacts) -> String? {
        if facts.missingProviders[facts.chosen] != nil { return "are tried where a pod can be" }
        if facts.chosen == .native {
            let isReady = facts.native.missingPrograms.isEmpty && NamespaceIDs.problem(facts.host) == nil
            return isReady ? nil : "are tried once native can build a pod"
        }
        guard case .answers? = facts.chosenEngine else { return "are tried once \(facts.chosen.rawValue) answers" }
        return facts.image == .absent ? "are tried once there is an image" : nil
    }
}
