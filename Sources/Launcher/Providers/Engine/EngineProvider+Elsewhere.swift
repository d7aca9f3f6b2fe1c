import Contract

/// An engine on another machine, by its own context: `DOCKER_HOST`, `docker context`, `CONTAINER_HOST`, `CONTAINER_CONNECTION`.
extension EngineProvider {
    func placed(_ plan: PodPlan) async throws -> PodPlan {
        await isElsewhere() ? try plan.elsewhere() : plan
    }

    func removeVolumes(of podName: String) async throws {
        guard await isElsewhere() else { return }
        let result = try await run(["volume", "rm", "--force"] + PodPlan.Volume.all(podName))
        if result.status != 0 { throw Failure(.provider, "\(name) could not remove the pod's volumes: \(result.complaint)") }
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
