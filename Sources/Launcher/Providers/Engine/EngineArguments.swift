import Contract

/// A plan as arguments of an engine's `run`.
struct EngineArguments {
    let engine: Engine
    /// The kernel's numbers of block drivers; one that is not among them gets no rule.
    var majors: [String: Int] = [:]
    /// Where the image has none of TazPod's programs: what gives it to them, and what is known of the image.
    var bundled: (bundle: Bundle, image: EngineImage)?
    /// The image in which they are, where they cannot be mounted.
    var bundledImage: String?

    func run(_ plan: PodPlan) -> [String] {
        let container = plan.workspace
        var arguments = ["run", "--detach", "--pull", "never", "--name", plan.name, "--hostname", container.hostname]
        for (name, value) in EngineLabels.of(plan) { arguments += ["--label", "\(name)=\(value)"] }
        for mount in container.mounts { arguments += option(for: mount) }
        arguments += environment(container)
        for port in container.ports { arguments += ["--publish", "\(port.hostAddress):\(port.hostPort):\(port.podPort)"] }
        if container.resources.gpu { arguments += engine.gpuOptions }
        if engine.absentSecret != nil { arguments += container.secrets.flatMap { ["--secret", option(forSecret: $0)] } }
        return arguments + engine.runOptions + privileges(container)
            + bundle + (bundled == nil ? [] : ["--entrypoint", "\(PodPaths.programs)/tazpod-init"])
            + [bundledImage ?? container.image]
    }

    /// A container with a pod's privileges and nothing of the host's, that runs `command` and goes.
    func trial(_ plan: PodPlan, _ command: [String]) -> [String] {
        let container = plan.workspace
        return ["run", "--rm", "--pull", "never", "--network", "none"] + environment(container) + engine.runOptions
            + privileges(container) + bundle + ["--entrypoint", command.first ?? "", bundledImage ?? container.image]
            + command.dropFirst()
    }

    private var bundle: [String] { bundled.map { $0.bundle.options($0.image, isMounted: bundledImage == nil) } ?? [] }

    private func environment(_ container: PodPlan.Container) -> [String] {
        container.environment.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
    }

    private func privileges(_ container: PodPlan.Container) -> [String] {
        var arguments = (engine.isRootless ? [] : devices(container.devices)) + ["--cap-drop", "ALL"]
        for capability in container.capabilities { arguments += ["--cap-add", capability] }
        arguments += security(container.security)
        if let cpu = container.resources.cpu { arguments += ["--cpus", cpu] }
        if let memory = container.resources.memory { arguments += ["--memory", String(memory)] }
        return arguments
    }

    private func devices(_ devices: PodPlan.Devices) -> [String] {
        devices.paths.flatMap { ["--device", $0] }
            + (devices.blockMajors + devices.blockDrivers.compactMap { majors[$0] }).flatMap {
                ["--device-cgroup-rule", "b \($0):* rwm"]
            }
    }

    private func option(for mount: PodPlan.Mount) -> [String] {
        let fields =
            switch mount.source {
            case .folder(let path): ["type=bind", "source=\(path)", "target=\(mount.target)"]
            case .volume(let name): ["type=volume", "source=\(name)", "target=\(mount.target)"]
            case .memory(let mode): ["type=tmpfs", "target=\(mount.target)", "tmpfs-mode=\(mode)"] + engine.memoryFields
            }
        return ["--mount", EngineArguments.fields(fields + (mount.isReadOnly ? ["ro"] : []))]
    }

    /// Root's alone: the public area does not read it. The ghost has a copy of its own.
    private func option(forSecret name: String) -> String {
        "\(name),type=mount,target=\(name),uid=0,gid=0,mode=0400"
    }

    /// A mount's fields as one line.
    static func fields(_ fields: [String]) -> String {
        fields.map(quoted).joined(separator: ",")
    }

    /// An engine reads a mount as one line of CSV (RFC 4180): a comma in a path would begin another field.
    private static func quoted(_ field: String) -> String {
        let isPlain = !field.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    private func security(_ security: PodPlan.Security) -> [String] {
        var options = ["--security-opt", "apparmor=\(security.appArmor)", "--security-opt", "label=\(security.seLinux)"]
        if security.noNewPrivileges { options += ["--security-opt", "no-new-privileges"] }
        if security.seccomp != "default" { options += ["--security-opt", "seccomp=\(security.seccomp)"] }
        return options
    }
}
