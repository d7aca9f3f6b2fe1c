import Contract

/// Where the image comes from: `build` and `features`.
extension DevContainerFile {
    mutating func readBuild(_ node: JSONNode) throws(Failure) {
        for entry in try reader.entries(node, "build") {
            switch entry.key {
            case "dockerfile": try readDockerfile(entry.value, "build: dockerfile")
            case "context": try readContext(entry.value, "build: context")
            case "args": build.arguments = try reader.dictionary(entry.value, "build: args")
            case "target": build.target = try reader.text(entry.value, "build: target")
            default: note(entry.keyMark, "build: \(entry.key) has no effect here")
            }
        }
        if build.dockerfile.isEmpty { throw reader.problem(node.mark, "build needs a dockerfile") }
    }

    /// Being filled; a Dockerfile that is never named is an error of `build`.
    private var build: ProjectConfig.Build {
        get { result.build ?? ProjectConfig.Build(dockerfile: "", context: inProject(folder) ?? ".") }
        set { result.build = newValue }
    }

    mutating func readDockerfile(_ node: JSONNode, _ name: String) throws(Failure) {
        build.dockerfile = try path(node, name)
    }

    mutating func readContext(_ node: JSONNode, _ name: String) throws(Failure) {
        build.context = try path(node, name)
    }

    /// A path that is relative to this file, made relative to the project, which it may not leave.
    private func path(_ node: JSONNode, _ name: String) throws(Failure) -> String {
        let text = try reader.text(node, name)
        var parts = text.hasPrefix("/") ? [] : folder.split(separator: "/")
        for part in text.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        guard let path = inProject("/" + parts.joined(separator: "/")) else {
            throw reader.problem(node.mark, "\(name) must be inside the project, not \(text)")
        }
        return path
    }

    private func inProject(_ path: String) -> String? {
        if path == project { return "." }
        guard path.hasPrefix(project + "/") else { return nil }
        return String(path.dropFirst(project.count + 1))
    }

    mutating func readFeatures(_ node: JSONNode) throws(Failure) {
        for entry in try reader.entries(node, "features") {
            guard FeatureReference(entry.key) != nil else {
                throw reader.problem(
                    entry.keyMark, "a feature is ./FOLDER or REGISTRY/NAMESPACE/ID:VERSION, not \(entry.key)")
            }
            var reference = entry.key
            if reference.hasPrefix(".") {
                let place = JSONNode(content: .string(reference), mark: entry.keyMark)
                reference = "./" + (try path(place, "a feature"))
            }
            result.features.append(DevContainer.Feature(reference: reference, options: try reader.featureOptions(entry)))
        }
    }
}
