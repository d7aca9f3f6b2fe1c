import Contract

/// secrets.yml, for the pod of a project whose workspace is a part of it.
extension PodPlanner {
    /// The folder that secrets.yml is in, read-only, where the workspace does not show it. A vault in that folder itself cannot be
    /// covered, so the pod then sees neither.
    static func projectFiles(_ project: Project) -> [PodPlan.Mount] {
        let folder = project.ownDirectory
        if folder.hasPrefix(project.workspaceDirectory + "/") || folder == project.vaultDirectory { return [] }
        let target = "\(PodPaths.project)/\(Project.folder)"
        return hidingVault(PodPlan.Mount(source: .folder(folder), target: target, isReadOnly: true), project)
    }
}

extension PodPlan {
    /// For where this machine's folders are not: there secrets.yml has to be in the workspace.
    var withoutProjectFiles: PodPlan {
        var plan = self
        plan.workspace.mounts.removeAll { $0.target.hasPrefix(PodPaths.project + "/") }
        return plan
    }
}
