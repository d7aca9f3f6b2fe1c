import Contract

/// A plan as the specification of a cluster's pod.
struct KubernetesPod {
    let plan: PodPlan
    /// Of the pod, its account and its volume.
    let name: String

    private var container: PodPlan.Container { plan.workspace }
    private var secrets: KubernetesSecrets { KubernetesSecrets(names: container.secrets) }

    private static let containerName = "workspace"
    private static let volumeName = "storage"
    /// Where the images have TazPod's programs.
    private static let programFolder = "/usr/local/bin"

    /// What a cluster knows no field for.
    var annotations: [String: String] {
        var annotations: [String: String] = [:]
        if let seconds = plan.cluster.idleTimeout { annotations["dev.tazpod.timeout.idle"] = String(seconds) }
        // The field that says the same is not known to clusters before 1.30, which would leave it out.
        if container.security.appArmor == "unconfined" {
            annotations["container.apparmor.security.beta.kubernetes.io/\(KubernetesPod.containerName)"] = "unconfined"
        }
        return annotations
    }

    var specification: YAMLValue {
        var fields: [(key: String, value: YAMLValue)] = [
            ("serviceAccountName", .text(name)),
            ("automountServiceAccountToken", false),
            // The addresses of whatever else there is in the namespace are not the pod's affair.
            ("enableServiceLinks", false),
            ("hostname", .text(KubernetesName.label(container.hostname))),
            ("restartPolicy", "Always"),
            ("terminationGracePeriodSeconds", .number(PodPlan.stopSeconds)),
        ]
        if let seconds = plan.cluster.maximumTimeout {
            fields.append(("activeDeadlineSeconds", .number(Int(clamping: seconds))))
        }
        if !plan.cluster.nodeSelector.isEmpty { fields.append(("nodeSelector", YAMLValue(plan.cluster.nodeSelector))) }
        return .map(
            fields + [
                ("initContainers", [preparation]),
                ("containers", [workspace]),
                ("volumes", volumes),
            ])
    }

    private var workspace: YAMLValue {
        var fields: [(key: String, value: YAMLValue)] = [
            ("name", .text(KubernetesPod.containerName)),
            ("image", .text(container.image)),
            ("imagePullPolicy", "IfNotPresent"),
            ("securityContext", securityContext(container.capabilities)),
            ("env", environment),
        ]
        if !container.ports.isEmpty {
            // Each once: two ports of the host may lead to it.
            let ports = Set(container.ports.map { $0.podPort }).sorted()
            fields.append(("ports", .list(ports.map { ["containerPort": .number(Int($0))] })))
        }
        if !limits.isEmpty { fields.append(("resources", ["limits": YAMLValue(limits)])) }
        let mounts = container.mounts.enumerated().map { mount($0.element, index: $0.offset) }
        return .map(
            fields + [
                ("startupProbe", probe(container.liveProbe, every: 1, failures: 60)),
                ("readinessProbe", probe(container.readyProbe, every: 10, failures: 3)),
                // A restart ends what runs in the pod, so it has to be dead for a while.
                ("livenessProbe", probe(container.liveProbe, every: 30, failures: 4)),
                ("volumeMounts", .list(mounts + secrets.mounts)),
            ])
    }

    /// Gives a new volume's workspace to its user. Not `fsGroup`: it would open the vault's image to the user's group, and not every
    /// kind of volume heeds it.
    private var preparation: YAMLValue {
        [
            "name": "prepare", "image": .text(container.image), "imagePullPolicy": "IfNotPresent",
            "command": ["chown", .text("\(container.user):"), .text(PodPaths.workspace)],
            "securityContext": securityContext(["CHOWN"]),
            "volumeMounts": .list(
                container.mounts.enumerated().filter { $0.element.target == PodPaths.workspace }.map {
                    mount($0.element, index: $0.offset)
                }),
        ]
    }

    /// The first process is root, as on an engine, with the capabilities that the plan lists and no more.
    private func securityContext(_ capabilities: [String]) -> YAMLValue {
        var fields: [(key: String, value: YAMLValue)] = [
            ("runAsUser", 0),
            ("runAsGroup", 0),
            ("allowPrivilegeEscalation", .flag(!container.security.noNewPrivileges)),
            ("capabilities", ["drop": ["ALL"], "add": YAMLValue(capabilities)]),
        ]
        let isDefault = container.security.seccomp == "default"
        fields.append(
            (
                "seccompProfile",
                isDefault
                    ? ["type": "RuntimeDefault"]
                    : ["type": "Localhost", "localhostProfile": .text(container.security.seccomp)]
            ))
        // What engines call label=disable.
        if container.security.seLinux == "disable" { fields.append(("seLinuxOptions", ["type": "spc_t"])) }
        return .map(fields)
    }

    private var environment: YAMLValue {
        .list(
            container.environment.sorted { $0.key < $1.key }.map { name, value in
                // A cluster replaces $(NAME), and takes $$ for one $. It keeps no value that is empty.
                value.isEmpty
                    ? ["name": .text(name)]
                    : ["name": .text(name), "value": .text(value.replacing("$", with: "$$"))]
            })
    }

    private var limits: [String: String] {
        var limits: [String: String] = [:]
        if let cpu = container.resources.cpu { limits["cpu"] = KubernetesQuantity.processors(cpu) }
        if let memory = container.resources.memory { limits["memory"] = KubernetesQuantity.bytes(memory) }
        if container.resources.gpu { limits["nvidia.com/gpu"] = "1" }
        return limits
    }

    private func probe(_ words: [String], every seconds: Int, failures: Int) -> YAMLValue {
        let command = words.prefix(1).map { "\(KubernetesPod.programFolder)/\($0)" } + words.dropFirst()
        return [
            "exec": ["command": YAMLValue(Array(command))], "periodSeconds": .number(seconds), "timeoutSeconds": 6,
            "failureThreshold": .number(failures),
        ]
    }

    // -- mounts ------------------------------------------------------------------------------------------------------------

    /// A folder of the host, and an engine's volume, is one of the volume's here, at the same path as in the pod.
    private func mount(_ mount: PodPlan.Mount, index: Int) -> YAMLValue {
        var fields: [(key: String, value: YAMLValue)] = []
        switch mount.source {
        case .folder, .volume:
            fields = [
                ("name", .text(KubernetesPod.volumeName)), ("mountPath", .text(mount.target)),
                ("subPath", .text(String(mount.target.drop { $0 == "/" }))),
            ]
        case .memory: fields = [("name", .text("memory-\(index)")), ("mountPath", .text(mount.target))]
        }
        if mount.isReadOnly { fields.append(("readOnly", true)) }
        return .map(fields)
    }

    private var volumes: YAMLValue {
        var volumes: [YAMLValue] = [
            ["name": .text(KubernetesPod.volumeName), "persistentVolumeClaim": ["claimName": .text(name)]]
        ]
        for (index, mount) in container.mounts.enumerated() {
            guard case .memory = mount.source else { continue }
            volumes.append(["name": .text("memory-\(index)"), "emptyDir": ["medium": "Memory"]])
        }
        return .list(volumes + secrets.volumes)
    }
}
