import CLinux
import Contract
import Linux

/// What `tazpod status --json` prints. Scripts read it: fields are added, never changed.
struct PodStatus: Codable, Equatable {
    struct Vault: Codable, Equatable {
        /// `locked`, `opening`, `open` or `closing`; `unknown` when the pod does not run.
        var state: String
        var driver: String?
        /// Seconds without input after which an open vault locks; nil for never.
        var lockAfter: Int?
        /// For a vault in memory: something changed that is not in its image yet.
        var unsaved: Bool?
        /// When it was last saved, in seconds since 1970.
        var saved: Int?
        /// Why the last save failed.
        var problem: String?
    }

    struct Enclave: Codable, Equatable {
        /// Groups of system calls that the project allows its ghost, and that others are refused.
        var allowed: [String]
    }

    /// A service of `/etc/tazpod/services`.
    struct Service: Codable, Equatable {
        var name: String
        /// `waiting`, `starting`, `ready`, `restarting`, `stopping`, `done`, `failed` or `refused`.
        var state: String
        /// In the pod; nil when it does not run.
        var pid: Int?
        var restarts: Int
        /// Why it is so, or what it says of itself.
        var note: String?
    }

    var project: String
    /// The pod's name on its provider; nil inside the pod, which does not know it.
    var name: String?
    var provider: String?
    /// `absent`, `stopped`, `starting`, `ready` or `stopping`.
    var pod: String
    var directory: String?
    /// The volume that is its workspace, where the directory is not.
    var volume: String?
    var vault: Vault
    /// Nil when the pod does not run.
    var enclave: Enclave?
    /// Seconds.
    var uptime: Int?
    var version: String?
    var services: [Service]?

    /// Asks the pod that we are in.
    static func ofThisPod() throws(Failure) -> PodStatus {
        let answer = try ControlClient().ask(Message("status"))
        return PodStatus(
            project: answer.text("project") ?? "", pod: answer.text("pod") ?? "starting",
            vault: Vault(answer),
            enclave: Enclave(allowed: (answer.text("enclave-allows") ?? "").split(separator: ":").map { String($0) }),
            uptime: answer.text("uptime").flatMap { Int($0) }, version: answer.text("version"), services: try allServices())
    }

    /// `locked`, `opening`, `open` or `closing`.
    static func vaultState(_ client: borrowing ControlClient) throws(Failure) -> String {
        Vault(try client.ask(Message("status"))).state
    }

    /// They come in as many answers as it takes.
    private static func allServices() throws(Failure) -> [Service] {
        var services: [Service] = []
        var position: Int? = 0
        while let from = position {
            let answer = try ControlClient().ask(Message("services").adding("from", String(from)))
            position = nil
            for field in answer.fields {
                let value = String(decoding: field.value, as: UTF8.self)
                switch String(decoding: field.key, as: UTF8.self) {
                case "service": services.append(Service(name: value, state: "", restarts: 0))
                case "next": position = Int(value)
                case let key: services.indices.last.map { services[$0].set(key, value) }
                }
            }
        }
        return services
    }

    /// For people.
    var lines: String {
        var rows = [["project", project]]
        if let name { rows.append(["pod", "\(name) (\(pod))"]) } else { rows.append(["pod", pod]) }
        if let provider { rows.append(["provider", provider]) }
        if let directory { rows.append(["directory", directory]) }
        if let volume { rows.append(["workspace", "the volume \(volume)"]) }
        rows.append(["vault", vault.line])
        if let allowed = enclave?.allowed, !allowed.isEmpty {
            rows.append(["enclave", "loosened: \(allowed.joined(separator: ", "))"])
        }
        for service in services ?? [] {
            rows.append([
                "service", ([service.name, service.state] + (service.note.map { ["(\($0))"] } ?? [])).joined(separator: " "),
            ])
        }
        return Table.render(rows)
    }
}

extension PodStatus.Service {
    fileprivate mutating func set(_ key: String, _ value: String) {
        switch key {
        case "state": state = value
        case "pid": pid = Int(value).flatMap { $0 > 0 ? $0 : nil }
        case "restarts": restarts = Int(value) ?? 0
        case "note": note = value.isEmpty ? nil : value
        default: break
        }
    }
}

extension PodStatus.Vault {
    fileprivate init(_ answer: Message) {
        state = answer.text("vault") ?? "locked"
        driver = answer.text("driver")
        lockAfter = answer.text("lock-after").flatMap { Int($0) }
        unsaved = answer.text("unsaved").map { $0 == "1" }
        saved = answer.text("saved").flatMap { Int($0) }
        problem = answer.text("save-problem")
    }

    /// A time of the day here, and the date.
    private static func text(of seconds: Int) -> String {
        var (time, parts) = (time_t(seconds), tm())
        localtime_r(&time, &parts)
        var text = [CChar](repeating: 0, count: 64)
        let count = strftime(&text, text.count, "%F %T", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// For people.
    var line: String {
        let details = [driver, lockAfter.map { "locks after \($0) s without input" }].compactMap { $0 }
        var line = details.isEmpty ? state : "\(state) (\(details.joined(separator: ", ")))"
        if let saved, let unsaved { line += ", \(unsaved ? "not saved since" : "saved at") \(Self.text(of: saved))" }
        if let problem { line += ": \(problem)" }
        return line
    }
}
