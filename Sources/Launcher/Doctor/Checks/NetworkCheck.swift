/// What a pod would find of the network. A vault needs none, so nothing here is in the way of one.
enum NetworkCheck {
    static func finding(_ facts: NetworkFacts, engine: EngineAnswer?) -> Finding {
        let name = "network"
        if case .answers(let engine)? = engine {
            if !engine.hasNetwork {
                return .warning(
                    name, "the engine has no bridge network, so a pod is offline", next: "restart the engine, which makes it")
            }
            if facts.forwardsPackets == false {
                return .warning(
                    name, "this machine forwards no packets, so a pod reaches nothing",
                    next: "sudo sysctl -w net.ipv4.ip_forward=1")
            }
        }
        if !facts.hasDefaultRoute {
            return .warning(
                name, "this machine has no default route, so a pod is offline too", next: "connect it, if a pod needs the network"
            )
        }
        if facts.nameServers == 0 {
            return .warning(
                name, "/etc/resolv.conf names no name server, so a pod resolves no names",
                next: "write a line nameserver ADDRESS there")
        }
        if !facts.proxyVariables.isEmpty {
            return .warning(
                name, "\(facts.proxyVariables.joined(separator: ", ")) is set here, and a pod does not inherit it",
                next: "write it under env: in config.yaml, if a pod needs it")
        }
        return .ok(
            name, "a default route, \(facts.nameServers) name server\(facts.nameServers == 1 ? "" : "s"), no proxy to pass on")
    }
}
