import FoundationEssentials
import Linux

/// Where an engine's command line leads to, by the variables and files that its users set it up with.
struct EngineEndpoint {
    var variable: (String) -> String? = environmentValue
    var file: (String) -> [UInt8]? = { try? readFile($0, stage: "read \($0)") }
    /// What is in a folder.
    var names: (String) -> [String] = { (namesInFolder($0) ?? []).map { String(decoding: $0, as: UTF8.self) } }

    /// Whether `address` is another machine's.
    static func isRemote(_ address: String) -> Bool {
        guard let end = address.firstRange(of: "://") else { return false }
        return !["unix", "npipe", "fd"].contains(String(address[..<end.lowerBound]))
    }

    /// docker's address, as far as no context is chosen: `DOCKER_HOST` goes before every context.
    var dockerHost: String? { value("DOCKER_HOST") }

    /// The docker context that is chosen by name.
    var dockerContext: String? {
        if let name = value("DOCKER_CONTEXT") { return name == "default" ? nil : name }
        guard let folder = value("DOCKER_CONFIG") ?? value("HOME").map({ "\($0)/.docker" }),
            let bytes = file("\(folder)/config.json"),
            let config = try? JSONDecoder().decode(DockerConfig.self, from: Data(bytes)), let name = config.currentContext
        else { return nil }
        return name.isEmpty || name == "default" ? nil : name
    }

    /// The socket of a docker daemon on this machine, as far as no context has to be looked up for it.
    var dockerSocket: String? {
        if let host = dockerHost {
            return host.hasPrefix("unix:///") ? String(host.dropFirst("unix://".count)) : nil
        }
        return dockerContext == nil ? "/var/run/docker.sock" : nil
    }

    /// podman's: with either variable set, or by its configuration, it speaks to a service, which may be on this machine.
    var isPodmanRemote: Bool {
        if let address = value("CONTAINER_HOST") { return EngineEndpoint.isRemote(address) }
        return value("CONTAINER_CONNECTION") != nil || isPodmanConfiguredRemote
    }

    /// `remote = true` under `[engine]` in containers.conf(5), of which the last file counts that says it.
    private var isPodmanConfiguredRemote: Bool {
        let texts = podmanFiles.compactMap { file($0) }.map { String(decoding: $0, as: UTF8.self) }
        return texts.compactMap { EngineEndpoint.remote(inContainersConf: $0) }.last ?? false
    }

    private var podmanFiles: [String] {
        let override = [value("CONTAINERS_CONF_OVERRIDE")].compactMap { $0 }
        if let path = value("CONTAINERS_CONF") { return [path] + override }
        let own = value("XDG_CONFIG_HOME") ?? value("HOME").map { "\($0)/.config" }
        let folders = ["/usr/share/containers", "/etc/containers"] + (own.map { ["\($0)/containers"] } ?? [])
        let files = folders.flatMap { folder in
            let more = names("\(folder)/containers.conf.d").filter { $0.hasSuffix(".conf") }.sorted()
            return ["\(folder)/containers.conf"] + more.map { "\(folder)/containers.conf.d/\($0)" }
        }
        return files + override
    }

    /// - Returns: nil where nothing is said of it.
    static func remote(inContainersConf text: String) -> Bool? {
        var isEngine = false
        var answer: Bool?
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.prefix { $0 != "#" }.filter { !$0.isWhitespace }
            if words.hasPrefix("[") { isEngine = words == "[engine]" }
            if isEngine, words.hasPrefix("remote=") { answer = words == "remote=true" }
        }
        return answer
    }

    private func value(_ name: String) -> String? { variable(name).flatMap { $0.isEmpty ? nil : $0 } }

    private struct DockerConfig: Decodable {
        var currentContext: String?
    }
}
