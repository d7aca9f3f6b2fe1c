/// Whether an enclave can have the user namespace that protects it; and, for a pod that is built without root, the pod too.
enum UserNamespaceCheck {
    /// - Parameter isUnprivileged: The pod itself is built by a user who is not root.
    static func finding(_ host: HostFacts, isUnprivileged: Bool) -> Finding {
        let name = "user namespaces"
        if host.userNamespaces == 0 {
            return .missing(
                name, "this machine allows none, and what protects an enclave is one",
                next: "sudo sysctl -w user.max_user_namespaces=15000")
        }
        if isUnprivileged, host.unprivilegedUserNamespaces == "0" {
            return .missing(
                name, "this machine allows them to root alone", next: "sudo sysctl -w kernel.unprivileged_userns_clone=1")
        }
        if isUnprivileged, host.restrictedUserNamespaces == "1", !host.hasProfile {
            return .missing(
                name, "AppArmor lets users other than root make none that are of use",
                next: "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or write a profile for tazpod with userns")
        }
        guard host.userNamespaces != nil else { return .notApplicable(name, "this kernel does not say whether it allows them") }
        return .ok(name, "allowed")
    }
}
