import CLinux
import Contract
import Linux
import Logging

/// Which provider a project's pod runs on.
struct ProviderChoice {
    let log: Logger

    private var docker: EngineProvider { EngineProvider(engine: .docker, log: log) }
    private var podman: EngineProvider { EngineProvider(engine: .podman(isRootless: geteuid() != 0), log: log) }
    private var native: NativeProvider { NativeProvider(log: log) }

    /// The provider called `name`; `auto` is docker where a daemon answers, else podman where it works, and native elsewhere.
    ///
    /// - Throws: code 4 for one that this version does not have.
    func named(_ name: ProjectConfig.ProviderName) async throws -> any Provider {
        switch name {
        case .docker: return docker
        case .podman: return podman
        case .native: return native
        case .auto:
            for engine in [docker, podman] where await engine.answers() { return engine }
            return native
        case .kubernetes:
            throw Failure(
                .provider,
                """
                this version starts no pods in a cluster; choose docker, podman or native, or print what to apply: tazpod manifest \
                --kubernetes
                """)
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
    /// Only where an engine is asked for by name is it an error that it does not answer.
    func findPod(of project: Project) async throws -> FoundPod? {
        let name = project.podName
        if let record = try native.find(name) { return FoundPod(record: record, provider: native) }
        for engine in engines(of: project) {
            do {
                if let record = try await engine.find(name) { return FoundPod(record: record, provider: engine) }
            } catch {
                if project.config.provider.rawValue == engine.name { throw error }
                log.debug("\(engine.name) does not answer, so no pod is looked for there")
            }
        }
        return nil
    }

    /// Takes away what a removal that was killed left behind, which is no pod any more.
    func finishRemoval(of podName: String) async throws {
        try await native.remove(podName)
    }

    /// In the order in which they are asked: what the project names is where its pod most likely is.
    private func engines(of project: Project) -> [EngineProvider] {
        project.config.provider == .podman ? [podman, docker] : [docker, podman]
    }

    /// Every pod of this user, of all providers that answer.
    func allPods() async throws -> [FoundPod] {
        let (docker, podman, native) = (docker, podman, native)
        async let inDocker = pods(of: docker)
        async let inPodman = pods(of: podman)
        return try await native.list().map { FoundPod(record: $0, provider: native) } + inDocker + inPodman
    }

    private func pods(of engine: EngineProvider) async -> [FoundPod] {
        do {
            return try await engine.list().map { FoundPod(record: $0, provider: engine) }
        } catch {
            log.debug("\(engine.name) does not answer, so its pods are left out")
            return []
        }
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
