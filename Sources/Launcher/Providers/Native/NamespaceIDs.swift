import CLinux
import Contract
import Linux

/// The ids of a user namespace in which somebody who is not root is root.
struct NamespaceIDs: Equatable, Sendable {
    var users: IDMap
    var groups: IDMap

    /// What the caller's pods have.
    ///
    /// - Returns: nil for root, who needs no such namespace.
    /// - Throws: code 4, and what this machine or this user lacks.
    static func ofCaller() throws(Failure) -> NamespaceIDs? {
        let host = HostProbe.host()
        if host.isRoot { return nil }
        if let problem = problem(host) { throw problem }
        guard let users = IDMap(own: getuid(), subordinate: host.subordinateUsers),
            let groups = IDMap(own: getgid(), subordinate: host.subordinateGroups)
        else {
            throw Failure(.provider, "native cannot run a pod for \(host.user): /etc/subuid and /etc/subgid give too few ids")
        }
        return NamespaceIDs(users: users, groups: groups)
    }

    /// Why the user of `host` cannot have them; nil for root.
    static func problem(_ host: HostFacts) -> Failure? {
        if host.isRoot { return nil }
        let findings = [
            UserNamespaceCheck.finding(host, isUnprivileged: true), SubordinateIDCheck.finding(host, isUnprivileged: true),
        ]
        guard let missing = findings.first(where: { $0.needed }) else { return nil }
        let next = missing.next.map { "; \($0)" } ?? ""
        return Failure(.provider, "native cannot run a pod for \(host.user): \(missing.sentence)\(next)")
    }

    /// The commands that give them to process `pid`: setuid programs of the system, which look whether they are ours to give.
    func commands(pid: String) -> [HostCommand] {
        [("newuidmap", users), ("newgidmap", groups)].map { program, map in
            HostCommand(arguments: [program, pid] + map.words, onlyEnvironment: NativeLayout.baseEnvironment)
        }
    }
}
