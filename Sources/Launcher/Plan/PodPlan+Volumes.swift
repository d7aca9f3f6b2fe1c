import Contract

extension PodPlan {
    /// The volumes of a pod whose files are not in a folder of this machine's.
    enum Volume {
        static func workspace(_ podName: String) -> String { "\(podName)-workspace" }
        static func vault(_ podName: String) -> String { "\(podName)-vault" }

        /// Whether it is called like those: whoever mounts one has another project's files, or its vault's image.
        static func isAnyPods(_ name: String) -> Bool {
            name.hasPrefix(Project.podPrefix) && (name.hasSuffix(workspace("")) || name.hasSuffix(vault("")))
        }
    }

    /// The volume that is its workspace, if one is.
    var workspaceVolume: String? { volumes.first { $0 == Volume.workspace(name) } }

    /// Those of its volumes that are its own.
    var volumes: [String] {
        let mounted = workspace.mounts.compactMap { mount in
            if case .volume(let name) = mount.source { name } else { nil }
        }
        return [Volume.workspace(name), Volume.vault(name)].filter { mounted.contains($0) }
    }

    /// The same pod with its workspace and its vault in volumes of an engine's.
    ///
    /// - Throws: code 4 for another folder of the project, which would not be there.
    func inVolumes() throws(Failure) -> PodPlan {
        try replacingFolders { folder throws(Failure) in
            guard "\(folder)/".hasPrefix(directory + "/") else { return }
            throw Failure(.provider, "\(folder) is in the project, whose files are in a volume; take the mount out")
        }
    }

    /// The same pod on another machine, which has none of this one's folders.
    ///
    /// - Throws: code 4 for a folder of this machine that is neither the workspace nor the vault's.
    func elsewhere() throws(Failure) -> PodPlan {
        var plan = try replacingFolders { folder throws(Failure) in
            throw Failure(
                .provider, "\(folder) is a folder of this machine, and the engine runs on another one; take the mount out")
        }
        plan.isElsewhere = true
        return plan
    }

    /// - Parameter check: Whether a folder that is neither the workspace nor the vault's may stay.
    private func replacingFolders(_ check: (String) throws(Failure) -> Void) throws(Failure) -> PodPlan {
        var plan = withoutProjectFiles
        for (index, mount) in plan.workspace.mounts.enumerated() {
            guard case .folder(let folder) = mount.source else { continue }
            // A devcontainer.json may want the workspace at a second place.
            let isWorkspace = workspace.mounts.contains { $0.source == mount.source && $0.target == PodPaths.workspace }
            if isWorkspace {
                plan.workspace.mounts[index].source = .volume(Volume.workspace(name))
            } else if mount.target == PodPaths.vaultDirectory {
                plan.workspace.mounts[index].source = .volume(Volume.vault(name))
            } else {
                try check(folder)
            }
        }
        return plan
    }
}
