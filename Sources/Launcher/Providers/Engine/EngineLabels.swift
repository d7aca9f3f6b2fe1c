/// What of a pod its container's labels hold: all that is not asked of the engine itself.
enum EngineLabels {
    static let project = "dev.tazpod.project"
    static let directory = "dev.tazpod.directory"
    static let user = "dev.tazpod.user"
    static let environment = "dev.tazpod.environment"
    static let plan = "dev.tazpod.plan"
    /// The volume that is its workspace.
    static let volume = "dev.tazpod.volume"
    /// Of a volume: the pod that it was made for.
    static let pod = "dev.tazpod.pod"

    static let all = [project, directory, user, environment, plan, volume]

    static func of(_ plan: PodPlan) -> [(String, String)] {
        [
            (project, plan.project), (directory, plan.directory), (user, plan.workspace.user),
            (environment, plan.userEnvironmentText), (Self.plan, plan.digest),
        ] + (plan.workspaceVolume.map { [(volume, $0)] } ?? [])
    }

    static func ofVolume(_ plan: PodPlan) -> [(String, String)] {
        [(project, plan.project), (directory, plan.directory), (pod, plan.name)]
    }
}
