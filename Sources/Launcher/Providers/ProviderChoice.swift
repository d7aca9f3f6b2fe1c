import Contract
import Linux
import Logging

/// Which provider a project's pod runs on.
struct ProviderChoice {
    let log: Logger

    private var docker: DockerProvider { DockerProvider(log: log) }
    private var native: NativeProvider { NativeProvider(log: log) }

    /// The provider called `name`; `auto` is docker where a daemon answers, and native elsewhere.
    ///
    /// - Throws: code 4 for one that this version does not have.
    func named(_ name: ProjectConfig.ProviderName) async throws -> any Provider {
        switch name {
        case .docker: return docker
        case .native: return native
        case .auto: return await docker.answers() ? docker : native
        case .podman, .kubernetes:
            throw Failure(.provider, "this version has no \(name.rawValue) provider; choose docker or native")
        }
    }

    /// The project's running pod and its root folder, where the host's own processes can reach into it.
    func findReachablePod(of project: Project) throws -> (pod: FoundPod, root: String)? {
        guard let record = try native.find(project.podName), record.state == .running, let root = native.root(of: record) else {
            return nil
        }
        return (FoundPod(record: record, provider: native), root)
    }

    /// The project's pod, wherever it is: the provider that `up` would choose now may be another one than it chose then.
    ///
    /// Only where docker is asked for by name is it an error that it does not answer.
    func findPod(of project: Project) async throws -> FoundPod? {
        let name = project.podName
        if let record = try native.find(name) { return FoundPod(record: record, provider: native) }
        do {
            if let record = try await docker.find(name) { return FoundPod(record: record, provider: docker) }
        } catch {
            if project.config.provider == .docker { throw error }
            log.debug("docker does not answer, so no pod is looked for there")
        }
        return nil
    }

    /// Every provider that has something to list.
    func all() async -> [any Provider] {
        await docker.answers() ? [native, docker] : [native]
    }
}

/// A pod, and who runs it.
struct FoundPod {
    var record: PodRecord
    var provider: any Provider

    /// A command of TazPod's own in the pod, as root: so its terminal is root's, and the public area cannot read it.
    func guest(_ arguments: [String], interactive: Bool, environment: [String: String] = [:]) throws -> HostCommand {
        try provider.command(
            PodCommand(
                arguments: ["\(provider.programFolder)/tazpod"] + arguments, isRoot: true, isInteractive: interactive,
                environment: environment),
            in: record)
    }
}
