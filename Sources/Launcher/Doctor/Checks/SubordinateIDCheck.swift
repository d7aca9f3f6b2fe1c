/// Whether a user who is not root has the second range of ids that a pod needs: with one id alone nothing could be kept from it.
enum SubordinateIDCheck {
    private static let needed: UInt64 = 65_536

    static func finding(_ host: HostFacts, isUnprivileged: Bool) -> Finding {
        let name = "subuids"
        guard isUnprivileged else {
            return .notApplicable(name, host.isRoot ? "root needs no subordinate ids" : "the engine has its own")
        }
        guard host.hasMapProgram else {
            return .missing(name, "there is no newuidmap on this machine", next: "sudo apt-get install uidmap")
        }
        let least = min(host.subordinateUsers, host.subordinateGroups)
        guard least >= needed else {
            return .missing(
                name, "\(host.user) has \(least) subordinate ids in /etc/subuid and /etc/subgid, and a pod takes \(needed)",
                next: "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 \(host.user)")
        }
        return .ok(name, "\(host.user) has \(least)")
    }
}
