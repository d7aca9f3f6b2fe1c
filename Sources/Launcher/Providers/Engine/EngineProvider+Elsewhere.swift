import Contract

/// An engine on another machine, by its own context: `DOCKER_HOST`, `docker context`, `CONTAINER_HOST`, `CONTAINER_CONNECTION`.
extension EngineProvider {
    func placed(_ plan: PodPlan) async throws -> PodPlan {
        await isElsewhere() ? try plan.elsewhere() : plan
    }

    private func isElsewhere() async -> Bool {
        let endpoint = EngineEndpoint()
        guard engine == .docker else { return endpoint.isPodmanRemote }
        if let host = endpoint.dockerHost { return EngineEndpoint.isRemote(host) }
        guard let context = endpoint.dockerContext else { return false }
        let answer = try? await run(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}", context])
        return answer.map { EngineEndpoint.isRemote($0.output) } ?? false
    }
}
