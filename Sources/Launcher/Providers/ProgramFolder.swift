import Contract

/// Where on the host the programs are that root runs in a pod.
enum ProgramFolder {
    /// - Throws: code 7 when the pod's public area could change what is in it.
    static func check(_ folder: String, isOutOfReachOf plan: PodPlan) throws(Failure) {
        let isInReach = plan.workspace.mounts.contains { mount in
            guard case .folder(let path) = mount.source, !mount.isReadOnly else { return false }
            return "\(folder)/".hasPrefix(path.hasSuffix("/") ? path : "\(path)/")
        }
        guard !isInReach else {
            throw Failure(
                .refused,
                "the programs that root would run in the pod are in \(folder), which the pod's public area can write; "
                    + "start tazpod from another place")
        }
    }
}
