import Contract
import FoundationEssentials

/// A pod read back from its container's labels.
enum DockerRecord {
    /// One line of JSON a container, with nothing but what we need: inspect's own output would hold the environment.
    static let inspectFormat = "{\"name\":{{json .Name}},\"running\":{{json .State.Running}},\"labels\":{{json .Config.Labels}}}"

    private struct Inspection: Decodable {
        var name: String
        var running: Bool
        var labels: [String: String]?
    }

    /// - Throws: code 4 when docker answers in another form.
    static func parse(_ output: String) throws -> [PodRecord] {
        try output.split(separator: "\n").map { line in
            guard let found = try? JSONDecoder().decode(Inspection.self, from: Data(line.utf8)) else {
                throw Failure(.provider, "docker answers in a form that this version does not know; is it docker?")
            }
            let labels = found.labels ?? [:]
            return PodRecord(
                name: String(found.name.drop { $0 == "/" }), project: labels[DockerArguments.projectLabel] ?? "",
                directory: labels[DockerArguments.directoryLabel] ?? "", provider: "docker",
                state: found.running ? .running : .stopped, planDigest: labels[DockerArguments.planLabel] ?? "",
                user: labels[DockerArguments.userLabel] ?? "tazpod",
                environment: UserEnvironment.parse(labels[DockerArguments.environmentLabel] ?? ""))
        }
    }
}
