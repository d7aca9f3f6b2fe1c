import CCapabilities
import CLinux
import Contract
import Linux

/// A capability by its number (capabilities(7)).
enum Capability {
    static let changeOwner = cap_value_t(CAP_CHOWN)
    static let dacOverride = cap_value_t(CAP_DAC_OVERRIDE)
    static let fileCapabilities = cap_value_t(CAP_SETFCAP)
    static let fileOwner = cap_value_t(CAP_FOWNER)
    static let makeNode = cap_value_t(CAP_MKNOD)
    static let setGroupID = cap_value_t(CAP_SETGID)
    static let setPCap = cap_value_t(CAP_SETPCAP)
    static let sysAdmin = cap_value_t(CAP_SYS_ADMIN)
}

/// What a process may do beyond its user id, and how it gives that up.
enum Privileges {
    /// Keeps `capabilities`, of those it has, and loses all others for good; programs it runs get none.
    static func keepOnly(_ capabilities: [cap_value_t]) throws(Failure) {
        try failing(.refused, next: "this kernel keeps privileges that TazPod must give up") { () throws(SystemError) in
            let set = cap_init()
            defer { cap_free(UnsafeMutableRawPointer(set)) }
            let kept = try held(of: capabilities)
            for flag in [CAP_PERMITTED, CAP_EFFECTIVE] where !kept.isEmpty {
                var values = kept
                try retrying("choose capabilities") { cap_set_flag(set, flag, Int32(values.count), &values, CAP_SET) }
            }
            try retrying("give up capabilities") { cap_set_proc(set) }
            try retrying("give up privileges for good") { clinux_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }
        }
    }

    private static func held(of capabilities: [cap_value_t]) throws(SystemError) -> [cap_value_t] {
        guard let own = cap_get_proc() else { throw SystemError.last("read our capabilities") }
        defer { cap_free(UnsafeMutableRawPointer(own)) }
        return capabilities.filter { capability in
            var value = CAP_CLEAR
            return cap_get_flag(own, capability, CAP_PERMITTED, &value) == 0 && value == CAP_SET
        }
    }

    /// Empties the bounding and ambient sets, and locks the rule that uid 0 has no privileges by being 0. Needs CAP_SETPCAP in
    /// the current user namespace.
    static func emptyBoundingSet() throws(SystemError) {
        try retrying("empty the ambient set") {
            clinux_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
        }
        var capability: UInt = 0
        // The first number that the kernel does not know ends the list.
        while clinux_prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0 {
            try retrying("empty the bounding set") { clinux_prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) }
            capability += 1
        }
        try retrying("lock the secure bits") { clinux_prctl(PR_SET_SECUREBITS, CLINUX_LOCKED_SECUREBITS, 0, 0, 0) }
    }
}
