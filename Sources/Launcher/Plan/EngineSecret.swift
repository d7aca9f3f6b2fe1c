import Contract
import SecretsPlan

/// A secret that an engine keeps, and gives the pod as a file (`source: engine`): podman's, docker's, Kubernetes'.
enum EngineSecret {
    /// What every engine takes as a name, and as a file's.
    static func isName(_ text: String) -> Bool {
        let isPlain = { (character: Character) in character.isASCII && (character.isLetter || character.isNumber) }
        guard let first = text.first, isPlain(first), text.count <= 253 else { return false }
        return text.allSatisfy { isPlain($0) || "._-".contains($0) }
    }

    static func name(of item: PullItem) -> String { item.options["key"] ?? item.name }

    /// Those that a plan asks the engine for: each once, in an order that the file's own does not change.
    static func names(in plan: PullPlan) -> [String] {
        Set(plan.items.filter { $0.source == .engine }.map { name(of: $0) }).sorted()
    }

    /// - Throws: code 3 for a name that no engine has.
    static func check(_ item: PullItem, _ mark: SourceMark, _ reader: NodeReader) throws(Failure) {
        if isName(name(of: item)) { return }
        throw reader.problem(
            mark,
            "\(name(of: item)) is no name of an engine's secret, which has letters, digits, ., _ and -, and begins with one of the "
                + "first two; write the engine's name as key:")
    }

    /// - Parameter result: What the engine said when it was to start the pod.
    static func absent(_ plan: PodPlan, _ engine: Engine, _ result: CommandOutput) -> Failure {
        let name = plan.workspace.secrets.first { result.errors.contains("\"\($0)\"") } ?? plan.workspace.secrets.first ?? "NAME"
        return Failure(
            .provider,
            """
            \(engine.name) has no secret \(name), which secrets.yml asks for; make it with \(engine.name) secret create \(name) FILE
            """)
    }
}

extension Provider {
    /// - Throws: code 4 for a plan with secrets of an engine's that is none, or gives containers none.
    func checkSecrets(of plan: PodPlan) throws(Failure) {
        guard !givesSecrets, let secret = plan.workspace.secrets.first else { return }
        throw Failure(
            .provider,
            "secrets.yml wants \(secret) from the engine, and \(name) gives pods no secrets; use podman, or keep it with another "
                + "source, such as age, pass or sops")
    }
}

extension Project {
    /// The pod that its files ask for.
    func plan() throws(Failure) -> PodPlan {
        let plan = try PodPlanner.plan(self, secrets: try SecretsFile.load(in: directory))
        return clone == nil ? plan : try plan.inVolumes()
    }
}
