import ArgumentParser
import CLinux
import Contract
import FoundationEssentials
import Linux
import Logging

/// Starts a project's pod and waits until it is ready: what `up` and `start` share.
struct PodStart {
    let project: Project
    let plan: PodPlan
    let log: Logger
    /// In seconds.
    let wait: Int
    /// Whether the project's own image is built again, though nothing has changed.
    var buildsAgain = false

    private var lifecycle: LifecycleRunner { LifecycleRunner(project: project, log: log) }

    /// Whether this machine may and can do what the project wants of it. Asks a person, so nothing may wait for us meanwhile.
    func checkHost(consent: Bool) throws(Failure) {
        try HostConsent(project: project).obtain(granted: consent)
        try HostMachine.check(project)
    }

    /// - Parameter existing: The pod as it was found just now; nil makes one.
    func run(on provider: any Provider, existing: PodRecord?) async throws -> FoundPod {
        if existing == nil { try provider.checkSecrets(of: plan) }
        try await prepareClone(on: provider, existing: existing)
        if existing?.state != .running { try initialize() }
        let plan = try await prepare(on: provider, existing: existing)
        if existing?.state == .running {
            reportDifference(existing, plan)
        } else if plan.workspaceVolume == nil {
            try makeVaultFolder()
        }
        if existing == nil { try project.clone?.note(provider: provider.name) }
        var pod = FoundPod(record: try await provider.start(plan, existing: existing), provider: provider)
        if existing != nil || !provider.sawReady(pod.record, within: wait) {
            if try await !waitUntilReady(pod, mayHaveEnded: existing?.state == .running) {
                let ended = try await provider.find(pod.record.name)
                pod = FoundPod(record: try await provider.start(plan, existing: ended), provider: provider)
                _ = try await waitUntilReady(pod, mayHaveEnded: false)
            }
        }
        if plan.workspaceVolume != nil, project.clone?.isWhole != false {
            try await ProjectCopy(project: project, log: log).bring(into: pod)
        }
        try project.clone?.strip(project, log: log)
        try await lifecycle.start(pod)
        return pod
    }

    /// Of a clone whose files are in a volume, gets them again where that, or the image that is built of them, is not there.
    private func prepareClone(on provider: any Provider, existing: PodRecord?) async throws {
        guard let clone = project.clone else { return }
        guard clone.isThere else {
            throw Failure(.project, "the project was removed meanwhile; run tazpod up \(clone.source.address)")
        }
        if clone.isWhole { return }
        let isBuilt = plan.build != nil && buildsAgain
        let isLost = if existing == nil { !(try await provider.holds(provider.placed(plan))) } else { false }
        if isBuilt || isLost { try clone.restore(log: log) }
    }

    /// Of a clone the commands that run on the host need files that may be in the volume.
    private func initialize() throws(Failure) {
        if project.clone?.isWhole != false { return try lifecycle.initialize() }
        if project.devContainer?.command(.initialize) != nil {
            log.notice("\(LifecycleStage.initialize.rawValue) is not run again: the project's files are in a volume")
        }
    }

    /// Sees to the image, and puts what only that knows into the plan. A pod that is there keeps the image that it was made of.
    private func prepare(on provider: any Provider, existing: PodRecord?) async throws -> PodPlan {
        // Of a clone whose files are not here, it is there.
        if let image = plan.build, existing == nil || buildsAgain, project.clone?.isWhole != false {
            try await provider.prepareImage(image, again: buildsAgain)
            if existing != nil {
                log.notice("the pod is of the image before; run tazpod down and tazpod up to use the new one")
            }
        }
        let placed = try await provider.placed(plan)
        guard placed.needsImageEnvironment else { return placed }
        return placed.expanding(try await provider.environment(ofImage: placed))
    }

    private func reportDifference(_ existing: PodRecord?, _ plan: PodPlan) {
        if let digest = existing?.planDigest, digest != plan.digest {
            log.notice("the project's files have changed since this pod was made; run tazpod down and tazpod up to use them")
        }
    }

    /// The vault's folder must be there to be mounted, and is the user's alone.
    private func makeVaultFolder() throws {
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

    /// - Parameter mayHaveEnded: It was found running; its engine may have noticed its end too late.
    /// - Returns: false for one that had ended.
    private func waitUntilReady(_ pod: FoundPod, mayHaveEnded: Bool) async throws -> Bool {
        let deadline = monotonicMilliseconds() + Int64(wait) * 1000
        repeat {
            if try await isReady(pod, by: deadline) { return true }
            if try await pod.provider.find(pod.record.name)?.state != .running {
                if mayHaveEnded { return false }
                throw Failure(.provider, "the pod ended while it started; tazpod logs says why")
            }
            usleep(PodStart.pauseMicroseconds)
        } while monotonicMilliseconds() < deadline
        throw Failure(.timeout, "the pod was not ready within \(wait) seconds; tazpod logs says why, --wait gives it longer")
    }

    private func isReady(_ pod: FoundPod, by deadline: Int64) async throws -> Bool {
        let seconds = max(1, (deadline - monotonicMilliseconds() + 999) / 1000)
        let probe = plan.workspace.readyProbe
        let words = ["\(pod.provider.programFolder)/\(probe[0])"] + probe.dropFirst() + ["--wait", String(seconds)]
        // As root: a user that the image lacks is there only once init has made it.
        let command = try pod.provider.command(PodCommand(arguments: words, isRoot: true, directory: "/"), in: pod.record)
        return try await command.run(log: log).status == 0
    }

    private static let pauseMicroseconds: UInt32 = 100_000
}

/// How long a verb that starts a pod waits until it is ready.
struct WaitOption: ParsableArguments {
    @Option(help: ArgumentHelp("How long to wait until the pod is ready.", valueName: "seconds"))
    var wait = 30

    func validate() throws {
        if wait < 1 || wait > 3600 { throw ValidationError("--wait takes 1 to 3600 seconds") }
    }
}
