import Contract
import FoundationEssentials

/// A pod read back from its container.
enum EngineRecord {
    /// One line of JSON a container, with nothing but what we need: inspect's own output would hold the environment.
    static let inspectFormat = "{\"name\":{{json .Name}},\"running\":{{json .State.Running}},\"labels\":{{json .Config.Labels}}}"

    private struct Inspection: Decodable {
        var name: String
        var running: Bool
        var labels: [String: String]?
    }

    /// - Parameter engine: Its name.
    /// - Throws: code 4 when it answers in another form.
    static func parse(_ output: String, of engine: String) throws -> [PodRecord] {
        try output.split(separator: "\n").map { line in
            guard let found = try? JSONDecoder().decode(Inspection.self, from: Data(line.utf8)) else {
                throw Failure(.provider, "\(engine) answers in a form that this version does not know; is it \(engine)?")
            }
            let labels = found.labels ?? [:]
            return PodRecord(
                name: String(found.name.drop { $0 == "/" }), project: labels[EngineLabels.project] ?? "",
                directory: labels[EngineLabels.directory] ?? "", provider: engine,
                state: found.running ? .running : .stopped, planDigest: labels[EngineLabels.plan] ?? "",
                user: labels[EngineLabels.user] ?? "tazpod",
                environment: UserEnvironment.parse(labels[EngineLabels.environment] ?? ""))
        }
    }
}
