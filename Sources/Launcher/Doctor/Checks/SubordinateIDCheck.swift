/// Whether a user who is not root has the second range of ids that a pod needs: with one id alone nothing could be kept from it.
enum SubordinateIDCheck {
    static func finding(_ host: HostFacts, isUnprivileged: Bool) -> Finding {
        let name = "subuids"
        guard isUnprivileged else {
            return .notApplicable(name, host.isRoot ? "root needs no subordinate ids" : "the engine has its own")
        }
        guard host.missingMapPrograms.isEmpty else {
            return .missing(
                name, "there is no \(host.missingMapPrograms.joined(separator: ", no ")) on this machine",
                next: "sudo apt-get install uidmap")
        }
        let least = min(sum(host.subordinateUsers), sum(host.subordinateGroups))
        guard least >= IDMap.needed else {
            return .missing(
                name,
                "\(host.user) has \(least) subordinate ids in /etc/subuid and /etc/subgid, and a pod takes \(IDMap.needed)",
                next: "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 \(host.user)")
        }
        return .ok(name, "\(host.user) has \(least)")
    }

    private static func sum(_ ranges: [SubordinateIDs]) -> UInt64 {
        ranges.reduce(0) { $0 + UInt64($1.count) }
    }
}
