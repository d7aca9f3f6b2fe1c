import Contract

extension NodeReader {
    /// `kubernetes: {namespace: me, storage: 10Gi, timeout: {max: 24h}}`.
    func cluster(_ node: YAMLNode) throws(Failure) -> PodPlan.Cluster {
        let entries = try entries(
            node, of: "kubernetes", known: ["context", "namespace", "storage", "node_selector", "timeout"])
        var cluster = PodPlan.Cluster()
        if let node = entries["context"] {
            cluster.context = try value(node, "kubernetes: context", form: "a name without spaces") {
                $0.unicodeScalars.allSatisfy { $0.value > 32 && $0.value != 127 && !$0.properties.isWhitespace } ? $0 : nil
            }
        }
        if let node = entries["namespace"] {
            cluster.namespace = try value(
                node, "kubernetes: namespace", form: "lower-case letters, digits and -, at most 63, with no - at an end"
            ) {
                KubernetesName.isLabel($0) ? $0 : nil
            }
        }
        if let node = entries["storage"] {
            cluster.storage = try value(node, "kubernetes: storage", form: "a size, like 10Gi") {
                Quantities.bytes($0).flatMap { $0 > 0 && $0 <= UInt64(Int64.max) ? $0 : nil }
            }
        }
        if let node = entries["node_selector"] { cluster.nodeSelector = try dictionary(node, "kubernetes: node_selector") }
        if let node = entries["timeout"] {
            let times = try self.entries(node, of: "kubernetes: timeout", known: ["idle", "max"])
            if let node = times["idle"] { cluster.idleTimeout = try time(node, "kubernetes: timeout: idle") }
            if let node = times["max"] { cluster.maximumTimeout = try time(node, "kubernetes: timeout: max") }
        }
        return cluster
    }

    /// A cluster takes no deadline beyond 32 bits.
    private func time(_ node: YAMLNode, _ name: String) throws(Failure) -> UInt64 {
        try value(node, name, form: "a time of a minute to a year, like 24h") {
            Quantities.seconds($0).flatMap { (60...366 * 86_400).contains($0) ? $0 : nil }
        }
    }
}
