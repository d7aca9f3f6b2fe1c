import Contract

/// A feature with what its own `devcontainer-feature.json` says.
struct Feature: Equatable {
    /// As the project names it.
    var reference: String
    /// Where it lies in what the engine is sent.
    var folder: String
    /// Options as its `install.sh` finds them, with the defaults filled in.
    var variables: [String: String]
    var containerEnvironment: [String: String] = [:]
    /// Names, without versions, of features that come before it if they are there.
    var installsAfter: [String] = []
    /// Features that it does not work without: they come before it, whether the project names them or not.
    var dependencies: [DevContainer.Feature] = []
    var notices: [String] = []

    /// What `install.sh` reads: shell, with every value quoted.
    var environmentFile: String {
        variables.sorted { $0.key < $1.key }.map { "export \($0.key)='\($0.value.replacing("'", with: "'\\''"))'\n" }.joined()
    }

    /// The name of an option's variable, as the specification makes it.
    static func variable(_ option: String) -> String {
        var name = String(option.map { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" ? $0 : "_" })
        let digits = name.prefix { $0.isNumber || $0 == "_" }
        if !digits.isEmpty { name = "_" + name.dropFirst(digits.count) }
        return name.uppercased()
    }
}

extension Feature {
    private static let withoutEffect = ["mounts", "entrypoint", "capAdd", "securityOpt", "customizations"]

    /// Reads `devcontainer-feature.json`.
    ///
    /// - Parameter options: What the project sets.
    static func parse(
        _ text: [UInt8], file: String, reference: String, folder: String, options: [String: String]
    ) throws(Failure) -> Feature {
        let reader = JSONReader(file: file)
        let entries = try reader.entries(try JSONNode.parse(text, file: file), "devcontainer-feature.json")
        var feature = Feature(reference: reference, folder: folder, variables: [:])
        for (option, value) in options { feature.variables[variable(option)] = value }
        for entry in entries {
            switch entry.key {
            case "options": try feature.readOptions(entry.value, reader)
            case "containerEnv": feature.containerEnvironment = try reader.dictionary(entry.value, entry.key)
            case "installsAfter": feature.installsAfter = try reader.texts(entry.value, entry.key)
            case "dependsOn": try feature.readDependencies(entry.value, reader)
            case "privileged":
                if try reader.boolean(entry.value, entry.key) {
                    throw reader.problem(
                        entry.keyMark, "the feature wants a privileged pod, which would have no walls", code: .refused)
                }
            case _ where withoutEffect.contains(entry.key) || LifecycleStage(rawValue: entry.key) != nil:
                if entry.key != "customizations" {
                    feature.notices.append("\(reader.place(entry.keyMark)): a feature's \(entry.key) has no effect here")
                }
            default: break
            }
        }
        return feature
    }

    private mutating func readDependencies(_ node: JSONNode, _ reader: JSONReader) throws(Failure) {
        for entry in try reader.entries(node, "dependsOn") {
            guard case .registry? = FeatureReference(entry.key) else {
                throw reader.problem(entry.keyMark, "dependsOn takes features of a registry, not \(entry.key)")
            }
            dependencies.append(DevContainer.Feature(reference: entry.key, options: try reader.featureOptions(entry)))
        }
    }

    private mutating func readOptions(_ node: JSONNode, _ reader: JSONReader) throws(Failure) {
        for option in try reader.entries(node, "options") {
            let name = Feature.variable(option.key)
            for entry in try reader.entries(option.value, "options: \(option.key)") where entry.key == "default" {
                if variables[name] == nil { variables[name] = try reader.word(entry.value, "options: \(option.key): default") }
            }
        }
    }
}
