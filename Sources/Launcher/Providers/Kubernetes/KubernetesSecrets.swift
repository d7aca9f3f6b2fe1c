import Contract

/// A plan's secrets as a cluster's: each the one key of an object of its name.
struct KubernetesSecrets {
    var names: [String]

    private static let volume = "secrets"

    /// The object's name: a secret's may have `_` and capitals, which only its key keeps.
    static func object(of name: String) -> String { KubernetesName.label(name) }

    /// All of them together in one folder, as files of root's alone.
    var volumes: [YAMLValue] {
        if names.isEmpty { return [] }
        let sources = names.map { name -> YAMLValue in
            [
                "secret": [
                    "name": .text(KubernetesSecrets.object(of: name)), "items": [["key": .text(name), "path": .text(name)]],
                ]
            ]
        }
        return [
            ["name": .text(KubernetesSecrets.volume), "projected": ["defaultMode": 0o400, "sources": .list(sources)]]
        ]
    }

    var mounts: [YAMLValue] {
        names.isEmpty
            ? [] : [["name": .text(KubernetesSecrets.volume), "mountPath": .text(PodPaths.secrets), "readOnly": true]]
    }
}
