import CCapabilities
import CLinux
import Contract
import Linux

/// The two last steps into an enclave: its user namespace, and the user.
enum EnclaveIdentity {
    /// Owns every enclave's user namespace, and runs nothing, ever. The owner of a user namespace has every capability in it
    /// (user_namespaces(7)): were it root, any root process of the pod could read the ghost, also one without capabilities;
    /// were it the user, any process of the public area.
    static let owner: uid_t = 65_533

    /// Enters a new user namespace that `owner` owns. All privileges outside of it are gone with that; inside there are all,
    /// but no id is mapped until the keeper has written the maps.
    static func enterUserNamespace() throws(Failure) {
        try failing(.refused, next: "the kernel must allow user namespaces (sysctl user.max_user_namespaces)") {
            () throws(SystemError) in
            guard Defence.userNamespace.isOn else { return }
            let owner = Defence.namespaceOwner.isOn ? owner : 0
            try retrying("become the enclave's owner") { setresuid(uid_t.max, owner, uid_t.max) }
            try raiseEffective()
            try retrying("make the enclave's user namespace") { clinux_unshare(CLONE_NEWUSER) }
        }
    }

    /// Leaving uid 0 switched the capabilities off. Some kernels let only a privileged process make a user namespace.
    private static func raiseEffective() throws(SystemError) {
        guard let set = cap_get_proc() else { throw SystemError.last("read our capabilities") }
        defer { cap_free(UnsafeMutableRawPointer(set)) }
        var capability = Capability.sysAdmin
        try retrying("choose capabilities") { cap_set_flag(set, CAP_EFFECTIVE, 1, &capability, CAP_SET) }
        try retrying("raise capabilities") { cap_set_proc(set) }
    }

    /// The first ids that are not mapped: what a pod's accounts use is below.
    private static let end: UInt64 = 65_536

    /// Maps every id of the pod to itself in the user namespace of `pid`. For the keeper, which has the privilege.
    static func writeIdentityMap(of pid: pid_t) throws(Failure) {
        try failing(.refused, next: "the pod needs CAP_SETUID, CAP_SETGID and CAP_SETFCAP; tazpod up starts one that has it") {
            () throws(SystemError) in
            guard Defence.userNamespace.isOn else { return }
            for map in ["uid_map", "gid_map"] {
                let own = try readFile("/proc/self/\(map)", stage: "read our \(map)")
                let file = try Descriptor.open("/proc/\(pid)/\(map)", O_WRONLY, stage: "open the enclave's \(map)")
                // One write(2): the kernel takes no second one.
                try file.write(identityMap(within: String(decoding: own, as: UTF8.self)), stage: "map the enclave's ids")
            }
        }
    }

    /// Maps ids to themselves that the user namespace around the new one has, and in the same extents: the kernel takes none that
    /// spans two of them.
    ///
    /// - Parameter own: That namespace's map (user_namespaces(7)).
    static func identityMap(within own: String) -> String {
        own.split(separator: "\n").reduce(into: "") { map, line in
            let fields = line.split(separator: " ").compactMap { UInt64($0) }
            guard fields.count == 3, fields[0] < end else { return }
            map += "\(fields[0]) \(fields[0]) \(min(fields[2], end - fields[0]))\n"
        }
    }

    /// Becomes `account` for good, without a single privilege, under `filters`.
    static func become(_ account: Account, _ filters: [FilterProgram]) throws(Failure) {
        try failing(.refused, next: "the enclave could not give up its privileges, so nothing was started in it") {
            () throws(SystemError) in
            if Defence.privileges.isOn { try Privileges.emptyBoundingSet() }
            var groups = account.groups
            try retrying("set the ghost's groups") { setgroups(groups.count, &groups) }
            try retrying("set the ghost's group") { setresgid(account.gid, account.gid, account.gid) }
            try retrying("set the ghost's user") { setresuid(account.uid, account.uid, account.uid) }
        }
        try Privileges.keepOnly([])
        for filter in filters { try filter.load() }
    }
}
