import Contract

extension DevContainer {
    /// Puts what config.yaml could say too into `config`; that file is read over it.
    func apply(to config: inout ProjectConfig) {
        if let image { config.image = image }
        config.build = build
        if let user { config.user = user }
        config.ports = ports
        config.environment =
            containerEnvironment
            .merging(remoteEnvironment.mapValues { knownExpanded($0) }) { $1 }
        config.resources = ProjectConfig.Resources(cpu: cpu, memory: memory, gpu: gpu)
    }

    /// `${containerEnv:NAME}` of a name that this file sets itself.
    private func knownExpanded(_ text: String) -> String {
        var text = text
        for (name, value) in containerEnvironment { text = text.replacing("${containerEnv:\(name)}", with: value) }
        return text
    }
}

/// What config.yaml says of the devcontainer.json: `devcontainer: {file: …, ignore: [capAdd]}`, or `false`.
struct DevContainerChoice: Equatable {
    var isWanted = true
    /// Relative to the project; nil takes the usual place.
    var file: String?
    /// Properties that are read as if they were not there.
    var ignored: [String] = []
}

extension ConfigFile {
    static func devContainerChoice(_ text: [UInt8], file: String) throws(Failure) -> DevContainerChoice {
        guard let root = try YAMLNode.parse(text, file: file), case .mapping(let entries) = root.content,
            let node = entries.first(where: { $0.key == "devcontainer" })?.value
        else { return DevContainerChoice() }
        return try NodeReader(file: file).devContainerChoice(node)
    }
}

extension NodeReader {
    func devContainerChoice(_ node: YAMLNode) throws(Failure) -> DevContainerChoice {
        if case .scalar = node.content { return DevContainerChoice(isWanted: try boolean(node, "devcontainer")) }
        let entries = try entries(node, of: "devcontainer", known: ["file", "ignore"])
        var choice = DevContainerChoice()
        if let node = entries["file"] {
            choice.file = try value(node, "devcontainer: file", form: "a path inside the project, without ..") {
                !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..") ? $0 : nil
            }
        }
        if let node = entries["ignore"] {
            choice.ignored = try list(node, "devcontainer: ignore")
            for name in choice.ignored where !DevContainerFile.known.contains(name) {
                let nearest = EditDistance.nearest(to: name, among: DevContainerFile.known)
                throw problem(
                    node.mark, "devcontainer: ignore: a devcontainer.json has no \(name)\(nearest.map { "; write \($0)" } ?? "")")
            }
        }
        return choice
    }
}
