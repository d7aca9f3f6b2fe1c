import Contract
import Linux

/// What `tazpod status --json` prints. Scripts read it: fields are added, never changed.
struct PodStatus: Codable, Equatable {
    struct Vault: Codable, Equatable {
        /// `locked`, `opening`, `open` or `closing`; `unknown` when the pod does not run.
        var state: String
        var driver: String?
    }

    var project: String
    /// The pod's name on its provider; nil inside the pod, which does not know it.
    var name: String?
    var provider: String?
    /// `absent`, `stopped`, `starting`, `ready` or `stopping`.
    var pod: String
    var directory: String?
    var vault: Vault
    /// Seconds.
    var uptime: Int?
    var version: String?

    /// Asks the pod that we are in.
    static func ofThisPod() throws(Failure) -> PodStatus {
        let answer = try ControlClient().ask(Message("status"))
        return PodStatus(
            project: answer.text("project") ?? "", pod: answer.text("pod") ?? "starting",
            vault: Vault(state: answer.text("vault") ?? "locked", driver: answer.text("driver")),
            uptime: answer.text("uptime").flatMap { Int($0) }, version: answer.text("version"))
    }

    /// For people.
    var lines: String {
        var rows = [["project", project]]
        if let name { rows.append(["pod", "\(name) (\(pod))"]) } else { rows.append(["pod", pod]) }
        if let provider { rows.append(["provider", provider]) }
        if let directory { rows.append(["directory", directory]) }
        rows.append(["vault", vault.driver.map { "\(vault.state) (\($0))" } ?? vault.state])
        return Table.render(rows)
    }
}
