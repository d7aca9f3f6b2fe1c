import FoundationEssentials

extension PodPlan {
    /// The same pod without the project: with its image, user and privileges, and nothing of the host's.
    var withoutProject: PodPlan {
        var plan = self
        plan.workspace.mounts = []
        plan.workspace.ports = []
        return plan
    }

    /// A short mark that changes when the plan does, to see that a running pod was made from another one.
    var digest: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // A plain value of strings and numbers always encodes.
        let bytes = (try? encoder.encode(self)) ?? Data()
        return StableHash.hexadecimal(bytes)
    }
}
