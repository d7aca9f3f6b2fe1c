import CLinux
import Contract
import Linux
import SecretsPlan

/// Reads `.tazpod/secrets.yml`: which secrets the pod works with, and from where.
struct SecretsFile {
    private let reader: NodeReader

    static let path = ".tazpod/secrets.yml"
    /// libyaml's time grows with the square of how deep a document is nested.
    private static let longest = 256 * 1024

    private static let itemKeys =
        ["name", "source", "file", "env", "command"] + Set(SecretSourceName.allCases.flatMap { options(of: $0) }).sorted()

    /// What an item may say to its source.
    private static func options(of source: SecretSourceName) -> [String] {
        switch source {
        case .infisical: ["key", "path", "environment", "project_id"]
        case .vault: ["path", "field", "mount", "version"]
        case .sops: ["path", "key"]
        case .age, .file: ["path"]
        case .pass: ["path", "line"]
        case .env, .engine: ["key"]
        case .command: []
        }
    }

    /// Settings of `config`: the source and the option that each is.
    private static let settings: [String: [(source: SecretSourceName, option: String)]] = [
        "infisical_project_id": [(.infisical, "project_id")], "infisical_url": [(.infisical, "url")],
        "environment": [(.infisical, "environment")], "infisical_path": [(.infisical, "path")],
        "vault_url": [(.vault, "url")], "vault_mount": [(.vault, "mount")], "vault_namespace": [(.vault, "namespace")],
        "ca_file": [(.infisical, "ca_file"), (.vault, "ca_file")],
        "age_identity": [(.age, "identity"), (.sops, "identity")], "pass_store": [(.pass, "store")],
    ]

    /// The project's, or an empty plan where it has none.
    static func load(in directory: String) throws(Failure) -> PullPlan {
        let file = "\(directory)/\(path)"
        let text: [UInt8]
        do throws(SystemError) {
            text = try readFile(file, limit: longest, stage: "read \(file)")
        } catch {
            if error.errno == ENOENT { return PullPlan() }
            throw Failure(.project, error)
        }
        return try parse(text, file: file)
    }

    static func parse(_ text: [UInt8], file: String) throws(Failure) -> PullPlan {
        guard let root = try YAMLNode.parse(text, file: file) else { return PullPlan() }
        let reader = NodeReader(file: file)
        try refuseSecrets(root, reader)
        return try SecretsFile(reader: reader).read(root)
    }

    /// Names only: a value here would be in the repository, and in the clear.
    private static func refuseSecrets(_ node: YAMLNode, _ reader: NodeReader) throws(Failure) {
        switch node.content {
        case .scalar(let text):
            if SecretShape.matches(text) {
                throw reader.problem(node.mark, "this looks like a secret; its value has no place in this file, write its name")
            }
        case .sequence(let items):
            for item in items { try refuseSecrets(item, reader) }
        case .mapping(let entries):
            for entry in entries {
                if ["value", "password", "secret", "token", "default"].contains(entry.key) {
                    throw reader.problem(
                        entry.keyMark,
                        "a secret's value has no place in this file; keep it where source: says, and write its name")
                }
                try refuseSecrets(entry.value, reader)
            }
        }
    }

    private func read(_ root: YAMLNode) throws(Failure) -> PullPlan {
        let entries = try reader.entries(root, of: "secrets.yml", known: ["config", "secrets"])
        var plan = PullPlan()
        var usual = SecretSourceName.infisical
        if let node = entries["config"] { usual = try config(node, into: &plan) }
        guard let secrets = entries["secrets"] else { return plan }
        switch secrets.content {
        case .sequence(let items):
            for item in items { try add(item, usual: usual, to: &plan) }
        case .scalar(""): break
        default: throw reader.problem(secrets.mark, "secrets must be a list, like - {name: TOKEN, file: token}")
        }
        return plan
    }

    /// - Returns: the source of a secret that names none.
    private func config(_ node: YAMLNode, into plan: inout PullPlan) throws(Failure) -> SecretSourceName {
        if case .scalar("") = node.content { return .infisical }
        let known = ["provider"] + SecretsFile.settings.keys.sorted()
        let entries = try reader.entries(node, of: "config", known: known)
        for (key, node) in entries where key != "provider" {
            let value = try reader.text(node, key)
            if key.hasSuffix("_url") { try checkAddress(value, node, key) }
            for place in SecretsFile.settings[key] ?? [] { plan.settings[place.source, default: [:]][place.option] = value }
        }
        guard let provider = entries["provider"] else { return .infisical }
        return try source(provider, "provider")
    }

    private func checkAddress(_ value: String, _ node: YAMLNode, _ key: String) throws(Failure) {
        let isAddress = ["https://", "http://"].contains { value.hasPrefix($0) && value.count > $0.count }
        guard isAddress, !value.contains(where: { $0.isWhitespace || $0 == "@" || $0 == "?" || $0 == "#" }) else {
            throw reader.problem(node.mark, "\(key) must be an address like https://secrets.example.com")
        }
    }

    private func source(_ node: YAMLNode, _ key: String) throws(Failure) -> SecretSourceName {
        let names = SecretSourceName.allCases.map { $0.rawValue }.joined(separator: ", ")
        return try reader.value(node, key, form: "one of \(names)") { SecretSourceName(word: $0) }
    }

    private func add(_ node: YAMLNode, usual: SecretSourceName, to plan: inout PullPlan) throws(Failure) {
        let entries = try reader.entries(node, of: "a secret", known: SecretsFile.itemKeys)
        guard let nameNode = entries["name"] else { throw reader.problem(node.mark, "a secret needs a name") }
        let name = try reader.value(nameNode, "name", form: "of one line, at most 200 characters") {
            $0.count <= 200 && !$0.contains { $0.isNewline || $0.unicodeScalars.contains { $0.value < 32 } } ? $0 : nil
        }
        var item = PullItem(
            name: name, source: try entries["source"].map { node throws(Failure) in try source(node, "source") } ?? usual)
        if let node = entries["file"] { item.file = try target(node) }
        if let node = entries["env"] { item.variable = try variable(node) }
        if item.file == nil && item.variable == nil {
            throw reader.problem(node.mark, "\(name) goes nowhere; give it a file: or an env:")
        }
        try addOptions(entries, to: &item, at: node.mark)
        if plan.items.contains(where: { $0.name == name }) {
            throw reader.problem(
                nameNode.mark, "the secret \(name) is there twice; give one another name (key: may be its name at the source)")
        }
        for other in plan.items {
            if let file = item.file, let taken = other.file, SecretsFile.collide(file, taken) {
                throw reader.problem(node.mark, "\(name) and \(other.name) cannot both be kept in \(file)")
            }
            if let variable = item.variable, variable == other.variable {
                throw reader.problem(node.mark, "\(name) and \(other.name) both want the variable \(variable)")
            }
        }
        plan.items.append(item)
    }

    private func addOptions(_ entries: [String: YAMLNode], to item: inout PullItem, at mark: SourceMark) throws(Failure) {
        let allowed = SecretsFile.options(of: item.source)
        for (key, node) in entries where !["name", "source", "file", "env", "command"].contains(key) {
            guard allowed.contains(key) else {
                throw reader.problem(
                    node.mark,
                    "the source \(item.source.rawValue) knows no \(key)"
                        + (allowed.isEmpty ? "" : "; it knows \(allowed.joined(separator: ", "))"))
            }
            item.options[key] = try reader.text(node, key)
        }
        if let node = entries["command"] {
            guard item.source == .command else { throw reader.problem(node.mark, "command belongs to source: command") }
            item.command = try reader.list(node, "command")
        }
        if item.source == .command, item.command.isEmpty {
            throw reader.problem(mark, "\(item.name) needs a command, like [op, read, \"op://vault/item/field\"]")
        }
        if item.source == .engine { try EngineSecret.check(item, entries["key"]?.mark ?? entries["name"]?.mark ?? mark, reader) }
        if [.vault, .sops, .age, .file].contains(item.source), item.options["path"] == nil {
            throw reader.problem(mark, "\(item.name) needs a path at its source \(item.source.rawValue)")
        }
    }

    /// A path that stays in the vault, out of what TazPod keeps there.
    private func target(_ node: YAMLNode) throws(Failure) -> String {
        try reader.value(node, "file", form: "a path inside the vault, without .., like kubeconfig or aws/credentials") {
            let parts = $0.split(separator: "/", omittingEmptySubsequences: false)
            let leaves = parts.contains { $0.isEmpty || $0 == "." || $0 == ".." || $0.utf8.count > 255 }
            let isOwn = parts.first == ".tazpod" || parts.first == "lost+found"
            let isPlain = !$0.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
            return leaves || isOwn || !isPlain || $0.utf8.count > 1024 ? nil : $0
        }
    }

    private func variable(_ node: YAMLNode) throws(Failure) -> String {
        let name = try reader.value(node, "env", form: "a variable's name, of letters, digits and _") {
            SecretVariable.isName($0) ? $0 : nil
        }
        if SecretVariable.isRefused(name) {
            throw reader.problem(node.mark, "env cannot be \(name): it changes what the ghost's programs run; take another name")
        }
        return name
    }

    /// The same file, or one that would have to be a folder for the other.
    private static func collide(_ one: String, _ other: String) -> Bool {
        one == other || one.hasPrefix(other + "/") || other.hasPrefix(one + "/")
    }
}
