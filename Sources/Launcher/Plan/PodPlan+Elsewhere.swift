import Contract

extension PodPlan {
    /// The volumes of a pod that runs on another machine than its project lies on.
    enum Volume {
        static func workspace(_ podName: String) -> String { "\(podName)-workspace" }
        static func vault(_ podName: String) -> String { "\(podName)-vault" }
        static func all(_ podName: String) -> [String] { [workspace(podName), vault(podName)] }
    }

    /// The same pod on another machine, which has none of this one's folders: volumes of the engine's take their place.
    ///
    /// - Throws: code 4 for a folder of this machine that is neither the workspace nor the vault's.
    func elsewhere() throws(Failure) -> PodPlan {
        var plan = withoutProjectFiles
        plan.isElsewhere = true
        for (index, mount) in plan.workspace.mounts.enumerated() {
            guard case .folder(let folder) = mount.source else { continue }
            // A devcontainer.json may want the workspace at a second place.
            let isWorkspace = workspace.mounts.contains { $0.source == mount.source && $0.target == PodPaths.workspace }
            guard
                let volume = isWorkspace
                    ? Volume.workspace(name) : mount.target == PodPaths.vaultDirectory ? Volume.vault(name) : nil
            else {
                throw Failure(
                    .provider, "\(folder) is a folder of this machine, and the engine runs on another one; take the mount out")
            }
            plan.workspace.mounts[index].source = .volume(volume)
        }
        return plan
    }
}
