/// A plan as arguments of `docker run`.
enum DockerArguments {
    static let projectLabel = "dev.tazpod.project"
    static let directoryLabel = "dev.tazpod.directory"
    static let userLabel = "dev.tazpod.user"
    static let environmentLabel = "dev.tazpod.environment"
    static let planLabel = "dev.tazpod.plan"

    /// - Parameter majors: The kernel's numbers of block drivers; one that is not among them gets no rule.
    static func run(_ plan: PodPlan, majors: [String: Int] = [:]) -> [String] {
        let container = plan.workspace
        var arguments = ["run", "--detach", "--pull", "never", "--name", plan.name, "--hostname", container.hostname]
        for (name, value) in labels(plan) { arguments += ["--label", "\(name)=\(value)"] }
        for mount in container.mounts { arguments += option(for: mount) }
        arguments += environment(container)
        for port in container.ports { arguments += ["--publish", "\(port.hostAddress):\(port.hostPort):\(port.podPort)"] }
        return arguments + privileges(container, majors) + [container.image]
    }

    /// A container with a pod's privileges and nothing of the host's, that runs `command` and goes.
    static func trial(_ plan: PodPlan, _ command: [String], majors: [String: Int] = [:]) -> [String] {
        let container = plan.workspace
        return ["run", "--rm", "--pull", "never", "--network", "none"] + environment(container) + privileges(container, majors)
            + ["--entrypoint", command.first ?? "", container.image] + command.dropFirst()
    }

    private static func environment(_ container: PodPlan.Container) -> [String] {
        container.environment.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
    }

    private static func privileges(_ container: PodPlan.Container, _ majors: [String: Int]) -> [String] {
        var arguments: [String] = []
        for device in container.devices.paths { arguments += ["--device", device] }
        for major in container.devices.blockMajors + container.devices.blockDrivers.compactMap({ majors[$0] }) {
            arguments += ["--device-cgroup-rule", "b \(major):* rwm"]
        }
        arguments += ["--cap-drop", "ALL"]
        for capability in container.capabilities { arguments += ["--cap-add", capability] }
        arguments += security(container.security)
        if let cpu = container.resources.cpu { arguments += ["--cpus", cpu] }
        if let memory = container.resources.memory { arguments += ["--memory", String(memory)] }
        return arguments
    }

    private static func labels(_ plan: PodPlan) -> [(String, String)] {
        [
            (projectLabel, plan.project), (directoryLabel, plan.directory), (userLabel, plan.workspace.user),
            (environmentLabel, plan.userEnvironmentText), (planLabel, plan.digest),
        ]
    }

    private static func option(for mount: PodPlan.Mount) -> [String] {
        let fields =
            switch mount.source {
            case .folder(let path): ["type=bind", "source=\(path)", "target=\(mount.target)"]
            case .memory(let mode): ["type=tmpfs", "target=\(mount.target)", "tmpfs-mode=\(mode)"]
            }
        return ["--mount", (fields + (mount.isReadOnly ? ["readonly"] : [])).map(quoted).joined(separator: ",")]
    }

    /// docker reads a mount as one line of CSV (RFC 4180): a comma in a path would begin another field.
    private static func quoted(_ field: String) -> String {
        let isPlain = !field.contains { $0 == "," || $0 == "\"" || $0.isNewline }
        return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    private static func security(_ security: PodPlan.Security) -> [String] {
        var options = ["--security-opt", "apparmor=\(security.appArmor)"]
        if security.noNewPrivileges { options += ["--security-opt", "no-new-privileges"] }
        if security.seccomp != "default" { options += ["--security-opt", "seccomp=\(security.seccomp)"] }
        return options
    }
}
