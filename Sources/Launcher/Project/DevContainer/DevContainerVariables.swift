import FoundationEssentials

/// The variables of a `devcontainer.json`: `${NAME}`, `${NAME:ARGUMENT}` and `${NAME:ARGUMENT:DEFAULT}`.
struct DevContainerVariables {
    /// The project's folder on the host.
    var localFolder: String
    /// The same folder in the pod.
    var containerFolder: String
    var identifier: String
    var localEnvironment: [String: String]

    /// `text` with what is known by now in place of its variables. What is not, stays: `${containerEnv:NAME}`, which only an image
    /// can tell, and whatever is none of ours.
    func expand(_ text: String) -> String {
        DevContainerVariables.replace(in: text) { name, argument, fallback in
            switch name {
            case "localWorkspaceFolder": localFolder
            case "localWorkspaceFolderBasename": DevContainerVariables.lastPart(of: localFolder)
            case "containerWorkspaceFolder": containerFolder
            case "containerWorkspaceFolderBasename": DevContainerVariables.lastPart(of: containerFolder)
            case "devcontainerId": identifier
            case "localEnv", "env": argument.map { localEnvironment[$0] ?? fallback ?? "" }
            default: nil
            }
        }
    }

    /// The host's variables that `text` asks for.
    static func localNames(in text: String) -> [String] {
        var names: [String] = []
        _ = replace(in: text) { name, argument, _ in
            if name == "localEnv" || name == "env", let argument { names.append(argument) }
            return nil
        }
        return names
    }

    /// `text` with `${containerEnv:NAME}` replaced from a pod's environment.
    static func expandContainer(_ text: String, environment: [String: String]) -> String {
        replace(in: text) { name, argument, fallback in
            name == "containerEnv" ? argument.map { environment[$0] ?? fallback ?? "" } : nil
        }
    }

    static func needsContainer(_ text: String) -> Bool { text.contains("${containerEnv:") }

    private static func lastPart(of path: String) -> String { path.split(separator: "/").last.map { String($0) } ?? "" }

    /// - Parameter value: Given name, argument and default; nil leaves the variable as it is written.
    private static func replace(in text: String, _ value: (String, String?, String?) -> String?) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            let parts = rest[start.upperBound..<end].split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                .map { String($0) }
            let whole = rest[start.lowerBound...end]
            result += rest[..<start.lowerBound]
            result += value(parts[0], parts.count > 1 ? parts[1] : nil, parts.count > 2 ? parts[2] : nil) ?? String(whole)
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
