import Contract
import FoundationEssentials

/// The variables that a project's config sets, on their way to a command in the pod.
enum UserEnvironment {
    /// The request's command behind env(1), which sets them as the user, in the pod: in the environment of an engine's command on
    /// the host, or of root's programs in the pod, they could name libraries to load. They are no secrets.
    ///
    /// env also tells of a program that is not there on standard error, with a shell's status.
    static func command(_ request: PodCommand, in record: PodRecord) -> [String] {
        let set = request.isRoot ? [] : record.environment.sorted { $0.key < $1.key }
        let own = set.filter { request.environment[$0.key] == nil && !accounts.contains($0.key) }.map { "\($0.key)=\($0.value)" }
        let isLatched = !request.isRoot && record.environment[PodVariable.ghostOnly] != nil
        return ["env", "--"] + own + (isLatched ? latched : []) + request.arguments
    }

    /// With the folder of the tools that start in a ghost alone before the pod's own PATH, which only the pod knows.
    private static let latched = [
        "sh", "-c", "export PATH=\"\(PodPaths.ghostOnly):$PATH\"; exec env -- \"$@\"", "sh",
    ]

    /// Who the user is, no config says.
    private static let accounts = ["HOME", "USER", "LOGNAME", "SHELL"]

    /// What a label holds; empty when it is of another form.
    static func parse(_ text: String) -> [String: String] {
        (try? JSONDecoder().decode([String: String].self, from: Data(text.utf8))) ?? [:]
    }
}

extension PodPlan {
    /// What the config sets, by its own names, and which tools start in a ghost alone.
    var userEnvironment: [String: String] {
        var result: [String: String] = [:]
        for (name, value) in workspace.environment where name.hasPrefix(WorkspaceEnvironment.prefix) {
            result[String(name.dropFirst(WorkspaceEnvironment.prefix.count))] = value
        }
        result[PodVariable.ghostOnly] = workspace.environment[PodVariable.ghostOnly]
        return result
    }

    /// The same as one line of JSON, for a label.
    var userEnvironmentText: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(userEnvironment)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
