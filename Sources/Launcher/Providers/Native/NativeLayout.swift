import Contract

/// A plan as arguments of bubblewrap.
struct NativeLayout {
    static let builder = "bwrap"
    /// TazPod's programs, inside the pod.
    static let programFolder = "/run/tazpod/bin"
    private static let programs = ["tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets"]
    private static let informationDescriptor = "3"
    /// The descriptors that a trial's accounts come by, since it has no folder.
    private static let accountFiles = [("passwd", "3"), ("group", "4")]

    let plan: PodPlan
    /// The pod's own folder on the host: home, accounts.
    let state: String
    let hostPrograms: String
    /// Where pods of this machine are kept: nothing of other pods is seen in this one.
    var hidden: [String] = []
    /// What the plan's GPUs are here.
    var gpuNodes: [String] = []
    /// What runs in it, in place of a pod's init, for as long as we do: it leaves nothing on the host.
    var trial: [String]?

    /// What PID 1 finds in its environment: the plan's, and nothing of the caller's.
    var environment: [String: String] {
        plan.workspace.environment.merging(NativeLayout.baseEnvironment) { $1 }
    }

    static let baseEnvironment = [
        "PATH": "\(programFolder):/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
    ]

    func arguments(root: HostRoot) -> [String] {
        var arguments = [
            NativeLayout.builder, "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--hostname", plan.workspace.hostname,
        ]
        arguments += trial == nil ? ["--as-pid-1", "--info-fd", NativeLayout.informationDescriptor] : ["--die-with-parent"]
        for folder in root.folders { arguments += ["--ro-bind", "/\(folder)", "/\(folder)"] }
        for link in root.links { arguments += ["--symlink", link.target, "/\(link.name)"] }
        arguments += ["--proc", "/proc", "--dev", "/dev"]
        for device in plan.workspace.devices.paths { arguments += ["--dev-bind-try", device, device] }
        for node in gpuNodes { arguments += ["--dev-bind", node, node] }
        arguments += ["--perms", "1777", "--tmpfs", "/tmp", "--perms", "1777", "--tmpfs", "/var/tmp", "--tmpfs", "/run"]
        for folder in hidden where root.contains(folder) { arguments += ["--tmpfs", folder] }
        if let file = root.resolverFile { arguments += ["--ro-bind", file, file] }
        for (name, descriptor) in NativeLayout.accountFiles {
            arguments += trial == nil ? ["--ro-bind", "\(state)/\(name)"] : ["--ro-bind-data", descriptor]
            arguments.append("/etc/\(name)")
        }
        for folder in [PodPaths.runtime, NativeLayout.programFolder] { arguments += ["--perms", "0755", "--dir", folder] }
        for program in NativeLayout.programs {
            arguments += ["--ro-bind", "\(hostPrograms)/\(program)", "\(NativeLayout.programFolder)/\(program)"]
        }
        arguments += ["--perms", "0700", "--dir", "/root", "--perms", "0755", "--dir", "/home"]
        arguments += trial == nil ? ["--bind", "\(state)/home"] : ["--dir"]
        arguments.append("/home/\(plan.workspace.user)")
        arguments += ["--perms", "0700", "--dir", PodPaths.privateDirectory]
        for mount in plan.workspace.mounts { arguments += parents(of: mount.target) + option(for: mount) }
        arguments += ["--remount-ro", "/"]
        arguments += ["--cap-drop", "ALL"]
        for capability in plan.workspace.capabilities { arguments += ["--cap-add", "CAP_\(capability)"] }
        return arguments + ["--"] + (trial ?? ["\(NativeLayout.programFolder)/tazpod-init"])
    }

    /// What bubblewrap would make on the way to a mount is root's alone. What is there stays as it is.
    private func parents(of target: String) -> [String] {
        let parts = target.split(separator: "/").dropLast()
        if parts.isEmpty || [PodPaths.workspace, PodPaths.privateDirectory].contains(where: { target.hasPrefix($0 + "/") }) {
            return []
        }
        return (1...parts.count).flatMap { ["--perms", "0755", "--dir", "/" + parts.prefix($0).joined(separator: "/")] }
    }

    private func option(for mount: PodPlan.Mount) -> [String] {
        switch mount.source {
        case .folder(let path): return [mount.isReadOnly ? "--ro-bind" : "--bind", path, mount.target]
        case .volume(let name):
            return [mount.isReadOnly ? "--ro-bind" : "--bind", NativeStore.volume(name, state: state), mount.target]
        case .memory(let mode):
            let readOnly = mount.isReadOnly ? ["--remount-ro", mount.target] : []
            return ["--perms", mode, "--tmpfs", mount.target] + readOnly
        }
    }
}
