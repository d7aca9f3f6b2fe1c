import Contract

extension PodPlan {
    /// Whether a variable is made from one of the image's (`${containerEnv:NAME}`).
    var needsImageEnvironment: Bool {
        workspace.environment.values.contains { DevContainerVariables.needsContainer($0) }
    }

    /// The same pod, with the image's own variables where the user's are made from them.
    func expanding(_ environment: [String: String]) -> PodPlan {
        var plan = self
        let known = environment.merging(userEnvironment.filter { !DevContainerVariables.needsContainer($0.value) }) { $1 }
        for (name, value) in workspace.environment where name.hasPrefix(WorkspaceEnvironment.prefix) {
            plan.workspace.environment[name] = DevContainerVariables.expandContainer(value, environment: known)
        }
        return plan
    }
}
