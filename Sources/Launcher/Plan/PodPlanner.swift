import Contract
import SecretsPlan

/// Plans a pod. Calls no engine, reads no file.
enum PodPlanner {
    /// What a driver with devices and the enclave need, and why; docs/security.md lists the same.
    static let capabilities = [
        "CHOWN",  // a vault made by stock mkfs becomes the user's
        "DAC_OVERRIDE",  // the vault's image may be another user's
        "FOWNER",  // private folders in the pod
        "KILL",  // init stops what other users run
        "MKNOD",  // loop devices that the container's /dev lacks
        "SETFCAP",  // root's own id in the enclave's user namespace
        "SETGID",
        "SETPCAP",  // to empty the bounding set of the public area
        "SETUID",
        "SYS_ADMIN",  // namespaces and mounts
    ]

    private static let loopMajor = 7

    /// - Parameter secrets: What secrets.yml asks for.
    /// - Throws: code 4 for what this version cannot do: nothing that was asked for is left out in silence.
    static func plan(_ project: Project, secrets: PullPlan = PullPlan()) throws(Failure) -> PodPlan {
        let config = project.config
        try refuseWhatIsMissing(config)
        return PodPlan(
            name: project.podName, project: config.name, directory: project.directory,
            workspace: PodPlan.Container(
                image: build(project)?.name ?? config.image, user: config.user, hostname: config.name,
                mounts: mounts(project) + projectFiles(project) + (try devContainerMounts(project)),
                environment: environment(project),
                ports: config.ports.map {
                    PodPlan.Port(hostAddress: $0.hostAddress, hostPort: $0.hostPort, podPort: $0.podPort)
                },
                devices: devices(config.vault.driver),
                capabilities: capabilities(config.vault.driver) + (project.devContainer?.capabilities ?? []),
                security: PodPlan.Security(),
                resources: PodPlan.Resources(
                    cpu: config.resources.cpu, memory: config.resources.memory, gpu: config.resources.gpu),
                readyProbe: ["tazpod-init", "--probe", "ready"], liveProbe: ["tazpod-init", "--probe", "live"],
                secrets: EngineSecret.names(in: secrets)),
            build: build(project), cluster: config.cluster)
    }

    /// Device-mapper is for those who ask for it by name: with its control node a container can map whatever block device it may
    /// use, under a name that the whole machine sees.
    private static func devices(_ driver: ProjectConfig.VaultDriver) -> PodPlan.Devices {
        switch driver {
        case .dmcrypt:
            PodPlan.Devices(
                paths: ["/dev/mapper/control", "/dev/loop-control"], blockMajors: [loopMajor], blockDrivers: ["device-mapper"])
        case .auto, .fuse: PodPlan.Devices(paths: ["/dev/fuse", "/dev/loop-control"], blockMajors: [loopMajor])
        case .ram: PodPlan.Devices()
        }
    }

    /// Without devices there are no nodes to make.
    private static func capabilities(_ driver: ProjectConfig.VaultDriver) -> [String] {
        driver == .ram ? capabilities.filter { $0 != "MKNOD" } : capabilities
    }

    private static func refuseWhatIsMissing(_ config: ProjectConfig) throws(Failure) {
        let missing: String? =
            if config.allowedDomains != nil {
                "network: allow: with a list of domains; write all, or remove it"
            } else if config.agent != nil {
                "agent:; remove it"
            } else {
                nil
            }
        if let missing { throw Failure(.provider, "this version does not know \(missing)") }
    }

    /// The workspace, with the vault's folder taken out of the public area's sight: it sees an empty one in its place, and
    /// the real one is where only root can go.
    private static func mounts(_ project: Project) -> [PodPlan.Mount] {
        let workspace = project.workspaceDirectory
        var mounts = [PodPlan.Mount(source: .folder(workspace), target: PodPaths.workspace)]
        guard hasVaultFolder(project) else { return mounts }
        mounts.append(PodPlan.Mount(source: .folder(project.vaultDirectory), target: PodPaths.vaultDirectory))
        if project.vaultDirectory.hasPrefix(workspace + "/") {
            let seen = project.vaultDirectory.dropFirst(workspace.count)
            mounts.append(
                PodPlan.Mount(source: .memory(mode: "0555"), target: "\(PodPaths.workspace)\(seen)", isReadOnly: true))
        }
        return mounts
    }

    /// The workspace itself cannot be hidden from the public area: a vault there is reachable, if not readable.
    static func hasVaultFolder(_ project: Project) -> Bool {
        project.vaultDirectory != project.workspaceDirectory
    }

    private static func environment(_ project: Project) -> [String: String] {
        let config = project.config
        let folder = hasVaultFolder(project) ? PodPaths.vaultDirectory : PodPaths.workspace
        var environment: [String: String] = [:]
        for (name, value) in config.environment { environment[WorkspaceEnvironment.prefix + name] = value }
        environment[PodVariable.user] = config.user
        environment[PodVariable.project] = config.name
        environment[PodVariable.vault] = "\(folder)/\(project.vaultName)"
        environment[PodVariable.vaultSize] = String(config.vault.size)
        environment[PodVariable.vaultDriver] = config.vault.driver.rawValue
        environment[PodVariable.vaultSaveEvery] = String(config.vault.saveEvery)
        if !config.allowedCalls.isEmpty {
            environment[PodVariable.allowedCalls] = config.allowedCalls.map { $0.rawValue }.joined(separator: ":")
        }
        if let seconds = config.vault.lockAfter { environment[PodVariable.lockAfter] = String(seconds) }
        environment[PodVariable.bridges] = config.bridges.joined(separator: ":")
        if !config.ghostOnly.isEmpty { environment[PodVariable.ghostOnly] = config.ghostOnly.joined(separator: ":") }
        return environment
    }
}
