import Contract

/// What a devcontainer.json, or `build:`, adds to a plan.
extension PodPlanner {
    /// nil where the image is one that is there already.
    static func build(_ project: Project) -> ImageBuild? {
        let features = project.devContainer?.features ?? []
        guard project.config.build != nil || !features.isEmpty else { return nil }
        var build = ImageBuild(
            name: project.podName, directory: project.directory, base: project.config.image, features: features,
            featureOrder: project.devContainer?.featureOrder ?? [], user: project.config.user)
        build.recipe = project.config.build.map { recipe($0, project) }
        return build
    }

    private static func recipe(_ build: ProjectConfig.Build, _ project: Project) -> ImageBuild.Recipe {
        let context = place(build.context, in: project.directory)
        let vault = project.vaultDirectory
        // The vault belongs into no image, and is far too large to be sent to an engine.
        let excluded =
            hasVaultFolder(project) && vault.hasPrefix(context + "/") ? [String(vault.dropFirst(context.count + 1))] : []
        return ImageBuild.Recipe(
            dockerfile: place(build.dockerfile, in: project.directory), context: context, arguments: build.arguments,
            target: build.target, excluded: excluded)
    }

    private static func place(_ path: String, in directory: String) -> String {
        ([directory] + path.split(separator: "/").filter { $0 != "." }.map { String($0) }).joined(separator: "/")
    }

    /// - Throws: code 7 for a mount that would show the vault to the public area.
    static func devContainerMounts(_ project: Project) throws(Failure) -> [PodPlan.Mount] {
        guard let devContainer = project.devContainer else { return [] }
        var mounts: [PodPlan.Mount] = []
        if let folder = devContainer.workspaceFolder, !isInWorkspace(folder) {
            mounts += hidingVault(PodPlan.Mount(source: .folder(project.workspaceDirectory), target: folder), project)
        }
        for mount in devContainer.mounts {
            switch mount.kind {
            case .bind:
                if isInVault(mount.source, project) {
                    throw Failure(.refused, "\(mount.place): the vault's folder is not for the public area; take the mount out")
                }
                mounts += hidingVault(
                    PodPlan.Mount(source: .folder(mount.source), target: mount.target, isReadOnly: mount.isReadOnly), project)
            case .volume:
                if PodPlan.Volume.isAnyPods(mount.source) {
                    throw Failure(.refused, "\(mount.place): the volume \(mount.source) is a pod's own; take the mount out")
                }
                mounts.append(
                    PodPlan.Mount(source: .volume(mount.source), target: mount.target, isReadOnly: mount.isReadOnly))
            case .tmpfs: mounts.append(PodPlan.Mount(source: .memory(mode: "1777"), target: mount.target))
            }
        }
        return mounts
    }

    /// The folder is seen at /workspace already.
    private static func isInWorkspace(_ folder: String) -> Bool {
        folder == PodPaths.workspace || folder.hasPrefix(PodPaths.workspace + "/")
    }

    private static func isInVault(_ source: String, _ project: Project) -> Bool {
        hasVaultFolder(project) && (source + "/").hasPrefix(project.vaultDirectory + "/")
    }

    /// The mount, and an empty folder over the vault's where it would show that.
    static func hidingVault(_ mount: PodPlan.Mount, _ project: Project) -> [PodPlan.Mount] {
        guard case .folder(let source) = mount.source, hasVaultFolder(project), project.vaultDirectory.hasPrefix(source + "/")
        else { return [mount] }
        let seen = project.vaultDirectory.dropFirst(source.count)
        return [mount, PodPlan.Mount(source: .memory(mode: "0555"), target: "\(mount.target)\(seen)", isReadOnly: true)]
    }
}
