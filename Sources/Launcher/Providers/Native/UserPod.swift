import CLinux
import Contract

/// What of a plan a pod without root can have. It reaches this user's own files, and no device.
struct UserPod {
    let uid: uid_t
    let gid: gid_t

    /// The plan without what the kernel gives to root alone.
    ///
    /// - Throws: code 4 for a driver that takes it.
    static func plan(_ plan: PodPlan) throws(Failure) -> PodPlan {
        try plan.withoutDevices(because: "native pods have only when root starts them")
    }

    /// The pod's root is another user on the host, that may only override the modes of files whose owner *and* group the pod has:
    /// this user's (user_namespaces(7), capabilities).
    ///
    /// - Throws: code 4 for a folder of the plan, or an image, that it does not reach.
    func checkReach(_ plan: PodPlan) throws(Failure) {
        for mount in plan.workspace.mounts {
            guard case .folder(let folder) = mount.source else { continue }
            var path = ""
            for part in folder.split(separator: "/") {
                path += "/\(part)"
                try check(path, needed: 0o001)
            }
            if mount.target == PodPaths.vaultDirectory { try checkVault(folder, plan) }
        }
    }

    private func checkVault(_ folder: String, _ plan: PodPlan) throws(Failure) {
        try check(folder, needed: 0o007)
        let image = plan.workspace.environment[PodVariable.vault]?.split(separator: "/").last ?? ""
        try check("\(folder)/\(image)", needed: 0o006)
    }

    /// - Parameter needed: What others must be allowed where it is not this user's own.
    private func check(_ path: String, needed: mode_t) throws(Failure) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        if status.st_uid == uid, status.st_gid == gid { return }
        if status.st_mode & needed == needed { return }
        throw Failure(
            .provider,
            """
            \(path) is closed to a pod that root did not start: it is of uid \(status.st_uid) and gid \(status.st_gid), and such a \
            pod reaches what is of uid \(uid) and gid \(gid); give it to them (chown), or open it to others (chmod)
            """)
    }
}
