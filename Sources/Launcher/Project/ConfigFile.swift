import Contract

/// Reads `.tazpod/config.yaml`, of this version and of the seeds'.
struct ConfigFile {
    private let reader: NodeReader

    private static let keys = [
        "version", "name", "image", "build", "provider", "user", "workspace", "vault", "enclave", "bridges", "ports", "env",
        "resources", "devcontainer", "ghost_only",
        "network", "agent", "kubernetes",
        // TazPod's first version, in Go.
        "container_name", "features",
    ]

    /// - Parameters:
    ///   - file: Its name, for errors.
    ///   - folder: The project folder's own name, which is the default for `name`.
    ///   - defaults: Puts in what the project's other files say: this one wins over them.
    static func parse(
        _ text: [UInt8], file: String, folder: String, over defaults: (inout ProjectConfig) -> Void = { _ in }
    ) throws(Failure) -> ProjectConfig {
        var config = ProjectConfig(name: projectName(from: folder))
        defaults(&config)
        guard let root = try YAMLNode.parse(text, file: file) else { return config }
        try ConfigFile(reader: NodeReader(file: file)).read(root, into: &config)
        return config
    }

    private func read(_ root: YAMLNode, into config: inout ProjectConfig) throws(Failure) {
        let entries = try reader.entries(root, of: "config.yaml", known: ConfigFile.keys)
        if let node = entries["version"] {
            try reader.value(node, "version", form: "1") { $0 == "1" || $0 == "1.0" ? () : nil }
        }
        if let node = entries["container_name"] { config.name = try name(node, "container_name") }
        if let node = entries["name"] { config.name = try name(node, "name") }
        if let node = entries["image"] {
            config.image = try reader.text(node, "image")
            config.hasOwnImage = true
            config.build = nil
        }
        if let node = entries["build"] { config.build = try build(node) }
        if let node = entries["provider"] { config.provider = try choice(node, "provider") }
        if let node = entries["user"] { config.user = try name(node, "user") }
        if let node = entries["workspace"] { config.workspace = try inside(node, "workspace") }
        if let node = entries["vault"] { config.vault = try vault(node) }
        if let node = entries["enclave"] { config.allowedCalls = try reader.allowedCalls(node) }
        if let node = entries["bridges"] { config.bridges = try bridges(node) }
        if let node = entries["ghost_only"] { config.ghostOnly = try reader.ghostOnly(node) }
        if let node = entries["ports"] { config.ports = try ports(node) }
        if let node = entries["env"] { config.environment.merge(try environment(node)) { $1 } }
        if let node = entries["devcontainer"] { _ = try reader.devContainerChoice(node) }
        if let node = entries["resources"] { config.resources = try resources(node) }
        if let node = entries["network"] { config.allowedDomains = try network(node) }
        if let node = entries["agent"] { config.agent = try agent(node) }
        if let node = entries["kubernetes"] { config.cluster = try reader.cluster(node) }
        if let node = entries["features"] { _ = try reader.entries(node, of: "features", known: ["ghost_mode", "debug"]) }
    }

    /// Names become parts of container names, host names and paths.
    private func name(_ node: YAMLNode, _ key: String) throws(Failure) -> String {
        try reader.value(node, key, form: "lower-case letters, digits, _ and -, beginning with a letter or digit, at most 40") {
            let allowed = $0.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-" || $0 == "_") }
            return allowed && $0.first != "-" && $0.first != "_" && $0.count <= 40 ? $0 : nil
        }
    }

    private static func projectName(from folder: String) -> String {
        let kept = folder.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let trimmed = String(String(kept).drop { $0 == "-" }.prefix(40))
        return trimmed.isEmpty ? "project" : trimmed
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(
        _ node: YAMLNode, _ key: String
    ) throws(Failure) -> Choice where Choice.RawValue == String {
        let names = Choice.allCases.map { $0.rawValue }.joined(separator: ", ")
        return try reader.value(node, key, form: "one of \(names)") { Choice(rawValue: $0) }
    }

    /// A relative path that does not leave the project.
    private func inside(_ node: YAMLNode, _ key: String) throws(Failure) -> String {
        try reader.value(node, key, form: "a path inside the project, without ..") {
            !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..") ? $0 : nil
        }
    }

    private func build(_ node: YAMLNode) throws(Failure) -> ProjectConfig.Build {
        let entries = try reader.entries(node, of: "build", known: ["dockerfile", "context", "args", "target"])
        guard let dockerfile = entries["dockerfile"] else { throw reader.problem(node.mark, "build needs a dockerfile") }
        var build = ProjectConfig.Build(dockerfile: try inside(dockerfile, "build: dockerfile"))
        if let node = entries["context"] { build.context = try inside(node, "build: context") }
        if let node = entries["args"] { build.arguments = try reader.dictionary(node, "build: args") }
        if let node = entries["target"] { build.target = try reader.text(node, "build: target") }
        return build
    }

    private func vault(_ node: YAMLNode) throws(Failure) -> ProjectConfig.Vault {
        let entries = try reader.entries(node, of: "vault", known: ["path", "size", "driver", "lock_after", "save_every"])
        var vault = ProjectConfig.Vault()
        if let node = entries["path"] { vault.path = try inside(node, "vault: path") }
        if let node = entries["size"] {
            vault.size = try reader.value(node, "vault: size", form: "a size of at least 32MiB in whole pages, like 512MiB") {
                Quantities.bytes($0).flatMap { $0 >= 32 << 20 && $0 % 4096 == 0 ? $0 : nil }
            }
        }
        if let node = entries["driver"] { vault.driver = try choice(node, "vault: driver") }
        if let node = entries["lock_after"] {
            vault.lockAfter = try reader.value(node, "vault: lock_after", form: "a time of at least 10s, like 30m") {
                Quantities.seconds($0).flatMap { $0 >= 10 && $0 <= UInt64(Int64.max) ? $0 : nil }
            }
        }
        if let node = entries["save_every"] {
            vault.saveEvery = try reader.value(node, "vault: save_every", form: "a time of a second to a year, like 5m") {
                Quantities.seconds($0).flatMap { (1...366 * 86_400).contains($0) ? $0 : nil }
            }
        }
        return vault
    }

    private func bridges(_ node: YAMLNode) throws(Failure) -> [String] {
        guard case .sequence(let items) = node.content else { throw reader.problem(node.mark, "bridges must be a list") }
        var result: [String] = []
        for item in items {
            result.append(
                try reader.value(item, "a bridge", form: "a name in the home folder, without .. and :") {
                    let parts = $0.split(separator: "/", omittingEmptySubsequences: false)
                    let leaves = parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
                    return leaves || $0.contains(":") || parts.first == "secrets" ? nil : $0
                })
        }
        return result
    }

    private func ports(_ node: YAMLNode) throws(Failure) -> [ProjectConfig.Port] {
        guard case .sequence(let items) = node.content else { throw reader.problem(node.mark, "ports must be a list") }
        var result: [ProjectConfig.Port] = []
        for item in items {
            result.append(
                try reader.value(item, "a port", form: "like \"3000\", \"9000:8372\" or \"127.0.0.1:9000:8372\"") {
                    ProjectConfig.Port($0)
                })
        }
        return result
    }

    private func environment(_ node: YAMLNode) throws(Failure) -> [String: String] {
        let variables = try reader.dictionary(node, "env")
        guard case .mapping(let entries) = node.content else { return variables }
        for entry in entries where entry.key.isEmpty || entry.key.contains("=") {
            throw reader.problem(entry.keyMark, "env cannot set \(entry.key): a name is not empty and has no =")
        }
        for entry in entries where entry.key.hasPrefix("TAZPOD_") {
            throw reader.problem(entry.keyMark, "env cannot set \(entry.key): names that begin with TAZPOD_ are TazPod's own")
        }
        return variables
    }

    private func resources(_ node: YAMLNode) throws(Failure) -> ProjectConfig.Resources {
        let entries = try reader.entries(node, of: "resources", known: ["cpu", "memory", "gpu"])
        var resources = ProjectConfig.Resources()
        if let node = entries["cpu"] {
            resources.cpu = try reader.value(node, "resources: cpu", form: "a number, like \"2\"") {
                // Double alone would take inf and 0x2, which engines do not.
                $0.allSatisfy { $0.isASCII && ($0.isNumber || $0 == ".") } && Double($0).map { $0 > 0 } == true ? $0 : nil
            }
        }
        if let node = entries["memory"] {
            resources.memory = try reader.value(node, "resources: memory", form: "a size, like 4GiB") { Quantities.bytes($0) }
        }
        if let node = entries["gpu"] { resources.gpu = try reader.boolean(node, "resources: gpu") }
        return resources
    }

    private func network(_ node: YAMLNode) throws(Failure) -> [String]? {
        let entries = try reader.entries(node, of: "network", known: ["allow"])
        guard let allow = entries["allow"] else { return nil }
        if case .scalar("all") = allow.content { return nil }
        return try reader.list(allow, "network: allow")
    }

    private func agent(_ node: YAMLNode) throws(Failure) -> String? {
        let entries = try reader.entries(node, of: "agent", known: ["name", "secrets"])
        if let node = entries["secrets"] { _ = try reader.list(node, "agent: secrets") }
        guard let name = entries["name"] else { throw reader.problem(node.mark, "agent needs a name") }
        return try reader.text(name, "agent: name")
    }
}
