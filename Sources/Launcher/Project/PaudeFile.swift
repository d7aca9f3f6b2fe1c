import CLinux
import Contract
import Linux

/// Reads `paude.json`, the file of one of TazPod's seeds, in a project that has no devcontainer.json.
///
/// What it says of the pod becomes what a devcontainer.json would say; what only paude has a use for is named.
struct PaudeFile: Equatable {
    static let name = "paude.json"
    private static let longestFile = 256 * 1024

    var container: DevContainer
    var provider: ProjectConfig.ProviderName?
    /// nil says nothing of them.
    var allowedDomains: [String]?

    /// nil without the file.
    static func read(in directory: String) throws(Failure) -> PaudeFile? {
        let path = "\(directory)/\(name)"
        guard access(path, F_OK) == 0 else { return nil }
        let text = try failing(.project) { () throws(SystemError) in
            try readFile(path, limit: longestFile, stage: "read \(path)")
        }
        return try parse(text, path: path, project: directory)
    }

    static func parse(_ text: [UInt8], path: String, project: String) throws(Failure) -> PaudeFile {
        let reader = JSONReader(file: path)
        // Paths and commands are read as a devcontainer.json's, whose errors name the same file.
        var file = DevContainerFile(reader: reader, folder: project, project: project, result: DevContainer(file: path))
        var result = PaudeFile(container: file.result)
        for entry in try reader.entries(JSONNode.parse(text, file: path), name) {
            switch entry.key {
            case "base": file.result.image = try reader.text(entry.value, entry.key)
            case "build": try file.readBuild(entry.value)
            case "setup": try file.readCommand(.postCreate, entry.value)
            case "backend": result.provider = try provider(entry.value, reader)
            case "create": try result.readCreate(entry.value, &file)
            case "packages":
                throw reader.problem(
                    entry.keyMark, "this version installs no packages; install them in a Dockerfile and name that under build:",
                    code: .provider)
            default:
                let known = ["backend", "base", "build", "create", "packages", "setup"]
                let nearest = EditDistance.nearest(to: entry.key, among: known)
                throw reader.problem(
                    entry.keyMark,
                    "\(name) has no key \(entry.key); \(nearest.map { "write \($0)" } ?? "known: \(known.joined(separator: ", "))")"
                )
            }
        }
        result.container = file.result
        return result
    }

    /// `"openshift"`, or a block with the backend's `type` and settings of a cluster.
    private static func provider(_ node: JSONNode, _ reader: JSONReader) throws(Failure) -> ProjectConfig.ProviderName? {
        var name = node
        if case .object(let entries) = node.content {
            guard let type = entries.first(where: { ["type", "name"].contains($0.key) }) else { return nil }
            name = type.value
        }
        return try reader.value(name, "backend", form: "docker, podman, openshift or kubernetes") {
            $0 == "openshift" ? .kubernetes : ProjectConfig.ProviderName(rawValue: $0)
        }
    }

    private mutating func readCreate(_ node: JSONNode, _ file: inout DevContainerFile) throws(Failure) {
        for entry in try file.reader.entries(node, "create") {
            if entry.key == "allowed-domains" {
                allowedDomains = try file.reader.texts(entry.value, "create: allowed-domains")
            } else {
                file.note(entry.keyMark, "create: \(entry.key) has no effect here")
            }
        }
    }

    func apply(to config: inout ProjectConfig) {
        container.apply(to: &config)
        if let provider { config.provider = provider }
        // Left out in silence it would open what its author closed.
        config.allowedDomains = allowedDomains
    }
}
