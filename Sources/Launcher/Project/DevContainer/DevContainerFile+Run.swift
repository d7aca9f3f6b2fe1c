import Contract

/// What the pod has of the host's: mounts, ports, privileges, and the arguments meant for `docker run`.
extension DevContainerFile {
    // -- mounts --------------------------------------------------------------------------------------------------------------

    mutating func readMount(_ node: JSONNode) throws(Failure) {
        if case .object = node.content {
            var fields: [String: String] = [:]
            for entry in try reader.entries(node, "a mount") {
                fields[entry.key] = try reader.word(entry.value, "a mount's \(entry.key)")
            }
            try addMount(fields, node.mark)
        } else {
            try addMount(fieldsOf: reader.text(node, "a mount"), node.mark)
        }
    }

    private mutating func addMount(fieldsOf text: String, _ mark: SourceMark) throws(Failure) {
        var fields: [String: String] = [:]
        for field in text.split(separator: ",") {
            let parts = field.split(separator: "=", maxSplits: 1).map { String($0) }
            if let name = parts.first { fields[name] = parts.count > 1 ? parts[1] : "true" }
        }
        try addMount(fields, mark)
    }

    private mutating func addMount(_ fields: [String: String], _ mark: SourceMark) throws(Failure) {
        let source = fields["source"] ?? fields["src"] ?? ""
        guard let target = fields["target"] ?? fields["dst"] ?? fields["destination"], target.hasPrefix("/") else {
            throw reader.problem(mark, "a mount needs a target, which is an absolute path, like target=/cache")
        }
        guard let kind = DevContainer.Mount.Kind(rawValue: fields["type"] ?? "volume") else {
            throw reader.problem(mark, "a mount's type is bind, volume or tmpfs, not \(fields["type"] ?? "")")
        }
        let readOnly = ["readonly", "ro"].contains { fields[$0].map { $0 != "false" } ?? false }
        try add(
            DevContainer.Mount(kind: kind, source: source, target: target, isReadOnly: readOnly, place: reader.place(mark)), mark)
    }

    private mutating func add(_ mount: DevContainer.Mount, _ mark: SourceMark) throws(Failure) {
        switch mount.kind {
        case .bind:
            guard mount.source.hasPrefix("/") else {
                throw reader.problem(
                    mark, "the source of a bind mount must be an absolute path, like ${localWorkspaceFolder}/data")
            }
        case .volume:
            let allowed = mount.source.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
            guard allowed, mount.source.first.map({ $0.isLetter || $0.isNumber }) == true else {
                throw reader.problem(mark, "a volume needs a name of letters, digits, ., _ and -, in source=")
            }
            // Other pods may share one that is not named after this file.
            if !mount.source.contains(identifier) { result.reach.append("uses the volume \(mount.source)") }
        case .tmpfs: break
        }
        let leaves = mount.target.split(separator: "/").contains("..")
        let isWorkspace = mount.target.split(separator: "/") == PodPaths.workspace.split(separator: "/")
        if leaves || isWorkspace || PodPlaces.areSystems(mount.target) { throw refusal("a mount at \(mount.target)", mark) }
        result.mounts.append(mount)
    }

    // -- ports ---------------------------------------------------------------------------------------------------------------

    mutating func readForwardedPort(_ node: JSONNode) throws(Failure) {
        let text = try reader.word(node, "forwardPorts")
        if let port = ProjectConfig.Port(text), !text.contains(":") {
            result.ports.append(port)
        } else if text.split(separator: ":").count == 2, text.first?.isNumber == false {
            note(node.mark, "forwardPorts: \(text) is another machine's, which a pod does not publish")
        } else {
            throw reader.problem(node.mark, "forwardPorts takes numbers, like 3000, not \(text)")
        }
    }

    mutating func readPublishedPorts(_ node: JSONNode) throws(Failure) {
        var items = [node]
        if case .array(let several) = node.content { items = several }
        for item in items { try publish(reader.word(item, "appPort"), item.mark) }
    }

    private mutating func publish(_ text: String, _ mark: SourceMark) throws(Failure) {
        guard let port = ProjectConfig.Port(text) else {
            throw reader.problem(mark, "a port must be like 3000, 9000:8372 or 127.0.0.1:9000:8372, not \(text)")
        }
        result.ports.append(port)
    }

    // -- privileges ----------------------------------------------------------------------------------------------------------

    /// What root's services may need, and what gives nobody a way to a ghost's memory or to the host.
    private static let harmless = [
        "AUDIT_WRITE", "FSETID", "IPC_LOCK", "LEASE", "NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SYS_CHROOT",
        "SYS_NICE",
    ]

    mutating func addCapability(_ name: String, _ mark: SourceMark) throws(Failure) {
        var name = name.uppercased()
        if name.hasPrefix("CAP_") { name = String(name.dropFirst(4)) }
        if PodPlanner.capabilities.contains(name) || result.capabilities.contains(name) { return }
        guard DevContainerFile.harmless.contains(name) else { throw refusal("the capability \(name)", mark) }
        result.capabilities.append(name)
    }

    func checkSecurity(_ option: String, _ mark: SourceMark) throws(Failure) {
        let option = option.replacing(":", with: "=")
        let already = ["no-new-privileges", "no-new-privileges=true", "apparmor=unconfined", "label=disable", "label=disabled"]
        guard already.contains(option) else { throw refusal("securityOpt \(option)", mark) }
    }

    // -- runArgs -------------------------------------------------------------------------------------------------------------

    mutating func readRunArguments(_ node: JSONNode) throws(Failure) {
        var items = try reader.items(node, "runArgs")[...]
        while let item = items.popFirst() {
            let argument = RunArgument(try reader.text(item, "runArgs"))
            switch argument.meaning {
            case .forbidden: throw refusal("runArgs: \(argument.name)", item.mark)
            case .alone: note(item.mark, "runArgs: \(argument.name) has no effect here")
            case .unknown:
                note(item.mark, "runArgs: \(argument.name) has no effect here")
                // What follows and is no option is most likely its value.
                if argument.value == nil, case .string(let text)? = items.first?.content, !text.hasPrefix("-") {
                    items.removeFirst()
                }
            case .taken(let option):
                var value = argument.value
                if value == nil, let next = items.popFirst() { value = try reader.text(next, "runArgs") }
                guard let value else { throw reader.problem(item.mark, "runArgs: \(argument.name) needs a value") }
                try apply(option, value, item.mark)
            }
        }
    }

    private mutating func apply(_ option: RunArgument.Option, _ value: String, _ mark: SourceMark) throws(Failure) {
        switch option {
        case .capability: try addCapability(value, mark)
        case .security: try checkSecurity(value, mark)
        case .mount: try addMount(fieldsOf: value, mark)
        case .volume: try addVolume(value, mark)
        case .port: try publish(value, mark)
        case .variable: try setVariable(value, mark)
        case .cpu:
            guard let count = Double(value), count > 0, count.isFinite else {
                throw reader.problem(mark, "runArgs: --cpus takes a number, like 2, not \(value)")
            }
            result.cpu = value
        case .gpu: result.gpu = true
        case .memory: result.memory = try size(JSONNode(content: .string(value), mark: mark), "runArgs: --memory")
        case .namespace:
            if value == "host" || value.hasPrefix("container:") {
                throw refusal("runArgs: a namespace that is not the pod's", mark)
            }
            note(mark, "runArgs: the namespace \(value) has no effect here")
        }
    }

    private mutating func addVolume(_ text: String, _ mark: SourceMark) throws(Failure) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 2 || parts.count == 3 else {
            throw reader.problem(mark, "runArgs: a volume is SOURCE:TARGET or SOURCE:TARGET:ro, not \(text)")
        }
        let readOnly = parts.count == 3 && parts[2].split(separator: ",").contains("ro")
        try add(
            DevContainer.Mount(
                kind: parts[0].hasPrefix("/") ? .bind : .volume, source: parts[0], target: parts[1], isReadOnly: readOnly,
                place: reader.place(mark)), mark)
    }

    private mutating func setVariable(_ text: String, _ mark: SourceMark) throws(Failure) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map { String($0) }
        guard parts.count == 2, !parts[0].isEmpty, !parts[0].hasPrefix("TAZPOD_") else {
            throw reader.problem(mark, "runArgs: a variable is NAME=VALUE, and no name begins with TAZPOD_; not \(text)")
        }
        result.containerEnvironment[parts[0]] = parts[1]
    }
}
