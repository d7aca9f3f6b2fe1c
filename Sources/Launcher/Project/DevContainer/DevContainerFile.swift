import Contract

/// Reads `devcontainer.json` (containers.dev). The file is made for other tools too: what has no effect in a pod is named, and is no
/// error; what would take the pod's walls down is refused, with code 7.
struct DevContainerFile {
    let reader: JSONReader
    /// The file's own folder and the project's, on the host.
    let folder: String
    let project: String
    var result: DevContainer

    /// - Parameters:
    ///   - path: Of the file, absolute.
    ///   - project: The project's folder.
    ///   - ignored: Properties that are treated as if they were not there.
    static func parse(
        _ text: [UInt8], path: String, project: String, localEnvironment: [String: String], ignored: [String] = []
    ) throws(Failure) -> DevContainer {
        let root = try JSONNode.parse(text, file: path)
        let reader = JSONReader(file: path)
        var entries = try reader.entries(root, "devcontainer.json").filter { !ignored.contains($0.key) }
        var file = DevContainerFile(
            reader: reader, folder: String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]), project: project,
            result: DevContainer(file: path))
        if let node = entries.first(where: { $0.key == "workspaceFolder" })?.value {
            let early = file.variables(localEnvironment, containerFolder: PodPaths.workspace)
            file.result.workspaceFolder = try file.workspaceFolder(node.mapStrings(early.expand))
        }
        let variables = file.variables(localEnvironment, containerFolder: file.result.workspaceFolder ?? PodPaths.workspace)
        for index in entries.indices where !unread.contains(entries[index].key) {
            file.noteLocalNames(entries[index].value)
            entries[index].value = entries[index].value.mapStrings(variables.expand)
        }
        for entry in entries { try file.read(entry) }
        file.result.commands.sort { $0.stage.position < $1.stage.position }
        file.result.reach = file.result.reach.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        return file.result
    }

    /// Editors' and people's own: of no meaning to a pod, so there is nothing to say about them.
    private static let unread = [
        "$schema", "name", "customizations", "extensions", "settings", "portsAttributes", "otherPortsAttributes",
        "overrideCommand",
        "init", "shutdownAction",
    ]

    private static let withoutEffect = [
        "workspaceMount": "the project is bound at /workspace, and at workspaceFolder",
        "updateRemoteUserUID": "user ids are the image's",
        "userEnvProbe": "commands get the pod's variables, and no login shell's",
        "waitFor": "tazpod up waits for every command",
        "secrets": "secrets belong into the vault",
        "service": "no compose file is read", "runServices": "no compose file is read",
    ]

    static let known =
        [
            "image", "build", "dockerFile", "context", "features", "overrideFeatureInstallOrder", "containerEnv", "remoteEnv",
            "mounts",
            "forwardPorts", "appPort", "runArgs", "capAdd", "securityOpt", "privileged", "remoteUser", "containerUser",
            "hostRequirements", "workspaceFolder", "dockerComposeFile",
        ] + LifecycleStage.allCases.map { $0.rawValue } + unread + withoutEffect.keys.sorted()

    private mutating func read(_ entry: JSONNode.Entry) throws(Failure) {
        let (key, node) = (entry.key, entry.value)
        if let stage = LifecycleStage(rawValue: key) { return try readCommand(stage, node) }
        switch key {
        case "image": result.image = try reader.text(node, key)
        case "build": try readBuild(node)
        case "dockerFile": try readDockerfile(node, key)
        case "context": try readContext(node, key)
        case "features": try readFeatures(node)
        case "overrideFeatureInstallOrder": result.featureOrder = try reader.texts(node, key)
        case "containerEnv": result.containerEnvironment.merge(try environment(node, key)) { $1 }
        case "remoteEnv": result.remoteEnvironment = try environment(node, key)
        case "mounts": for item in try reader.items(node, key) { try readMount(item) }
        case "forwardPorts": for item in try reader.items(node, key) { try readForwardedPort(item) }
        case "appPort": try readPublishedPorts(node)
        case "runArgs": try readRunArguments(node)
        case "capAdd": for item in try reader.items(node, key) { try addCapability(reader.text(item, key), item.mark) }
        case "securityOpt": for item in try reader.items(node, key) { try checkSecurity(reader.text(item, key), item.mark) }
        case "privileged": if try reader.boolean(node, key) { throw refusal("privileged", entry.keyMark) }
        case "remoteUser": result.user = try user(node, key)
        case "containerUser": if result.user == nil { result.user = try user(node, key) }
        case "hostRequirements": try readRequirements(node)
        case "workspaceFolder": break
        case "dockerComposeFile":
            throw reader.problem(
                entry.keyMark,
                "a pod is not made from a compose file; name an image or a build, or add dockerComposeFile to devcontainer: ignore: in .tazpod/config.yaml",
                code: .provider)
        case _ where DevContainerFile.unread.contains(key): break
        default: notice(entry)
        }
    }

    private mutating func notice(_ entry: JSONNode.Entry) {
        let why = DevContainerFile.withoutEffect[entry.key]
        let nearest = why == nil ? EditDistance.nearest(to: entry.key, among: DevContainerFile.known) : nil
        note(
            entry.keyMark,
            "\(entry.key) has no effect here" + (why.map { ": \($0)" } ?? nearest.map { "; did you mean \($0)?" } ?? ""))
    }

    mutating func note(_ mark: SourceMark, _ sentence: String) {
        result.notices.append("\(reader.place(mark)): \(sentence)")
    }

    /// What would take the pod's walls down.
    func refusal(_ what: String, _ mark: SourceMark) -> Failure {
        reader.problem(
            mark,
            "\(what) would open the pod's walls, so it is refused; take it out, or name its property under devcontainer: ignore: in .tazpod/config.yaml",
            code: .refused)
    }

    // -- variables -----------------------------------------------------------------------------------------------------------

    private func variables(_ environment: [String: String], containerFolder: String) -> DevContainerVariables {
        DevContainerVariables(
            localFolder: project, containerFolder: containerFolder, identifier: identifier, localEnvironment: environment)
    }

    /// `${devcontainerId}`: the same for the same file of this machine.
    var identifier: String { StableHash.hexadecimal(result.file.utf8) }

    private mutating func noteLocalNames(_ node: JSONNode) {
        var names: [String] = []
        _ = node.mapStrings { text in
            names += DevContainerVariables.localNames(in: text)
            return text
        }
        result.reach += names.map { "reads the variable \($0) of this machine" }
    }

    private func environment(_ node: JSONNode, _ key: String) throws(Failure) -> [String: String] {
        for entry in try reader.entries(node, key) {
            if entry.key.isEmpty || entry.key.contains("=") {
                throw reader.problem(entry.keyMark, "\(key) cannot set \(entry.key): a name is not empty and has no =")
            }
            if entry.key.hasPrefix("TAZPOD_") {
                throw reader.problem(
                    entry.keyMark, "\(key) cannot set \(entry.key): names that begin with TAZPOD_ are TazPod's own")
            }
        }
        return try reader.dictionary(node, key)
    }

    // -- small properties ----------------------------------------------------------------------------------------------------

    private func workspaceFolder(_ node: JSONNode) throws(Failure) -> String {
        try reader.value(node, "workspaceFolder", form: "an absolute path without .., outside of the system's folders") {
            let isPath = $0.hasPrefix("/") && $0 != "/" && !$0.split(separator: "/").contains("..")
            return isPath && !PodPlaces.areSystems($0) ? $0 : nil
        }
    }

    private func user(_ node: JSONNode, _ key: String) throws(Failure) -> String {
        let name = try reader.text(node, key)
        if name == "root" || name == "0" { throw refusal("\(key) root", node.mark) }
        return try reader.value(node, key, form: "a user's name") {
            $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") } && $0.first != "-" ? $0 : nil
        }
    }

    private mutating func readRequirements(_ node: JSONNode) throws(Failure) {
        for entry in try reader.entries(node, "hostRequirements") {
            let name = "hostRequirements: \(entry.key)"
            switch entry.key {
            case "cpus": result.requirements.cpus = try reader.value(entry.value, name, form: "a number, like 4") { Int($0) }
            case "memory": result.requirements.memory = try size(entry.value, name)
            case "storage": result.requirements.storage = try size(entry.value, name)
            case "gpu":
                // `optional` asks for nothing.
                if case .object = entry.value.content {
                    result.requirements.gpu = true
                } else {
                    result.requirements.gpu = try reader.word(entry.value, name) == "true"
                }
            default: note(entry.keyMark, "\(name) has no effect here")
            }
        }
    }

    func size(_ node: JSONNode, _ name: String) throws(Failure) -> UInt64 {
        try reader.value(node, name, form: "a size, like 8gb") { DevContainerFile.bytes($0) }
    }

    /// `8gb`: units of 1024, in any case, as the specification and engines have them.
    static func bytes(_ text: String) -> UInt64? {
        let upper = text.uppercased()
        return Quantities.bytes(upper.hasSuffix("B") ? String(upper.dropLast()) : upper)
    }
}

extension LifecycleStage {
    fileprivate var position: Int { LifecycleStage.allCases.firstIndex(of: self) ?? 0 }
}
