import Contract

/// A plan as the objects of a Kubernetes cluster that make up its pod, for `kubectl apply`.
struct KubernetesManifest {
    private let plan: PodPlan
    private let name: String
    /// What tells of the plan that was asked for: what `up` compares is not changed by what a cluster does not have.
    private let marks: [String: String]

    /// - Throws: code 4 for a driver that takes devices: a pod of a cluster has none.
    init(_ plan: PodPlan) throws(Failure) {
        self.plan = try plan.withoutProjectFiles.withoutDevices(because: "a pod of a cluster does not have")
        name = KubernetesName.label(plan.name)
        marks = Dictionary(EngineLabels.of(plan), uniquingKeysWith: { $1 })
    }

    /// The account, the volume and the rules of the network come first: the pod never runs without them.
    var text: String {
        let objects = [account, claim, networkPolicy, pod]
        return (notes.map { "# \($0)\n" } + objects.map { "---\n" + $0.document }).joined()
    }

    private var notes: [String] {
        let kubectl = ["kubectl"] + (plan.cluster.context.map { ["--context", $0] } ?? [])
        let here = kubectl + (plan.cluster.namespace.map { ["--namespace", $0] } ?? [])
        let command = { (words: [String]) in HostCommand(arguments: words).description }
        var notes = [
            "The pod \(name) of TazPod: tazpod manifest --kubernetes | \(command(kubectl + ["apply", "-f", "-"]))",
            "The vault is opened in memory (driver: ram), since a pod of a cluster has neither loop devices nor device-mapper.",
        ]
        for port in plan.workspace.ports {
            let forward = ["port-forward", "--address", port.hostAddress, "pod/\(name)", "\(port.hostPort):\(port.podPort)"]
            notes.append("Port \(port.podPort): \(command(here + forward))")
        }
        for name in plan.workspace.secrets {
            let make = ["create", "secret", "generic", KubernetesSecrets.object(of: name), "--from-file=\(name)=FILE"]
            notes.append("The secret \(name): \(command(here + make))")
        }
        if plan.cluster.idleTimeout != nil {
            notes.append("timeout: idle is written down; nothing in a cluster acts on it.")
        }
        return notes
    }

    // -- the objects -------------------------------------------------------------------------------------------------------

    /// An identity of its own, that may do nothing and whose token the pod does not get.
    private var account: YAMLValue {
        .map(header("v1", "ServiceAccount") + [("automountServiceAccountToken", false)])
    }

    private var claim: YAMLValue {
        let spec: YAMLValue = [
            "accessModes": ["ReadWriteOnce"],
            "resources": ["requests": ["storage": .text(KubernetesQuantity.bytes(plan.cluster.storage))]],
        ]
        return .map(header("v1", "PersistentVolumeClaim") + [("spec", spec)])
    }

    /// Nobody connects to the pod: no rule allows it. It reaches whatever there is, but for the address at which a cloud hands its node's credentials to
    /// whoever asks.
    private var networkPolicy: YAMLValue {
        let everywhere: YAMLValue = [
            ["namespaceSelector": [:]],
            ["ipBlock": ["cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]]],
            ["ipBlock": ["cidr": "::/0", "except": ["fd00:ec2::254/128"]]],
        ]
        let spec: YAMLValue = [
            "podSelector": ["matchLabels": [KubernetesManifest.instance: .text(name)]],
            "policyTypes": ["Ingress", "Egress"],
            "egress": [["to": everywhere]],
        ]
        return .map(header("networking.k8s.io/v1", "NetworkPolicy") + [("spec", spec)])
    }

    private var pod: YAMLValue {
        let workspace = KubernetesPod(plan: plan, name: name)
        let annotations = marks.merging(workspace.annotations) { $1 }
        return .map(header("v1", "Pod", annotations: annotations) + [("spec", workspace.specification)])
    }

    // -- what all of them have ---------------------------------------------------------------------------------------------

    private static let instance = "app.kubernetes.io/instance"

    private func header(
        _ version: String, _ kind: String, annotations: [String: String] = [:]
    ) -> [(key: String, value: YAMLValue)] {
        var metadata: [(key: String, value: YAMLValue)] = [("name", .text(name))]
        if let namespace = plan.cluster.namespace { metadata.append(("namespace", .text(namespace))) }
        let labels = [
            "app.kubernetes.io/name": "tazpod", "app.kubernetes.io/managed-by": "tazpod", KubernetesManifest.instance: name,
            EngineLabels.project: KubernetesName.label(plan.project),
        ]
        metadata.append(("labels", YAMLValue(labels)))
        if !annotations.isEmpty { metadata.append(("annotations", YAMLValue(annotations))) }
        return [("apiVersion", .text(version)), ("kind", .text(kind)), ("metadata", .map(metadata))]
    }
}
