import FoundationEssentials

extension PodPlan {
    /// A short mark that changes when the plan does, to see that a running pod was made from another one.
    var digest: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // A plain value of strings and numbers always encodes.
        let bytes = (try? encoder.encode(self)) ?? Data()
        return StableHash.hexadecimal(bytes)
    }
}
