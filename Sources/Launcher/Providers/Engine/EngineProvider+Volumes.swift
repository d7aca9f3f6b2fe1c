import Contract
import FoundationEssentials

/// The volumes of pods whose workspace and vault are in some. Their labels say whose they are.
extension EngineProvider {
    func holds(_ plan: PodPlan) async throws -> Bool {
        for volume in plan.volumes where try await labels(of: volume) == nil { return false }
        guard let image = plan.build?.name else { return true }
        return try await run(["image", "inspect", "--format", "{{.Id}}", image]).status == 0
    }

    /// Makes those that are not there yet.
    ///
    /// - Throws: code 7 for one of that name that is somebody else's.
    func makeVolumes(of plan: PodPlan) async throws {
        for volume in plan.volumes {
            if let labels = try await labels(of: volume) {
                guard labels[EngineLabels.pod] == plan.name, labels[EngineLabels.directory] == plan.directory else {
                    throw Failure(
                        .refused,
                        "\(name) has a volume \(volume) that was not made for this project; look what is in it, and remove it")
                }
                continue
            }
            let made = try await run(
                ["volume", "create"] + EngineLabels.ofVolume(plan).flatMap { ["--label", "\($0.0)=\($0.1)"] } + [volume])
            if made.status != 0 { throw Failure(.provider, "\(name) could not make the volume \(volume): \(made.complaint)") }
        }
    }

    func removeVolumes(of podName: String) async throws {
        let filter = ["--filter", "label=\(EngineLabels.pod)=\(podName)"]
        let found = try await run(["volume", "ls", "--quiet"] + filter)
        let volumes = found.output.split(whereSeparator: \.isNewline).map { String($0) }
        if found.status == 0, volumes.isEmpty { return }
        let removed = found.status == 0 ? try await run(["volume", "rm", "--force"] + volumes) : found
        if removed.status != 0 {
            throw Failure(.provider, "\(name) could not remove the pod's volumes: \(removed.complaint)")
        }
    }

    /// - Returns: nil when there is no such volume.
    private func labels(of volume: String) async throws -> [String: String]? {
        let result = try await run(["volume", "inspect", "--format", "{{json .Labels}}", volume])
        guard result.status == 0 else {
            if result.errors.lowercased().contains("no such volume") { return nil }
            throw Failure(.provider, "\(name) does not say whether it has the volume \(volume): \(result.complaint)")
        }
        // docker has null for none.
        return (try? JSONDecoder().decode([String: String].self, from: Data(result.output.utf8))) ?? [:]
    }
}
