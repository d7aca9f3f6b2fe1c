import Contract
import FoundationEssentials

/// The sessions of a pod, as `tazpod sessions --json` prints them.
struct SessionList: Codable, Equatable {
    struct Session: Codable, Equatable {
        var name: String
        /// `public` or `ghost`.
        var kind: String
        var windows: Int?
        var attached: Int?
        /// Seconds since 1970.
        var created: Int?
    }

    var sessions: [Session]

    /// Asks the pod that we are in. Of a ghost it says no more than that it is there.
    static func ofThisPod() throws(Failure) -> SessionList {
        let answer = try ControlClient().ask(Message("sessions"))
        var sessions: [Session] = []
        for field in answer.fields {
            let value = String(decoding: field.value, as: UTF8.self)
            switch String(decoding: field.key, as: UTF8.self) {
            case "session": sessions.append(Session(name: value, kind: "public"))
            case "windows": sessions[safeLast: \.windows] = Int(value)
            case "attached": sessions[safeLast: \.attached] = Int(value)
            case "created": sessions[safeLast: \.created] = Int(value)
            default: break
            }
        }
        if try PodStatus.ofThisPod().vault.state == "open" { sessions.append(Session(name: ghostName, kind: "ghost")) }
        return SessionList(sessions: sessions)
    }

    /// The name by which a ghost's session is attached to.
    static let ghostName = "ghost"

    var lines: String { Table.render(rows) }

    /// A head, and a row for each.
    var rows: [[String]] {
        [["SESSION", "KIND", "WINDOWS", "ATTACHED"]]
            + sessions.map { session in
                [session.name, session.kind, session.windows.map { "\($0)" } ?? "-", session.attached.map { "\($0)" } ?? "-"]
            }
    }
}

extension [SessionList.Session] {
    /// A field of the last session; there is nothing to set in an empty list.
    fileprivate subscript(safeLast field: WritableKeyPath<SessionList.Session, Int?>) -> Int? {
        get { last?[keyPath: field] }
        set { if !isEmpty { self[count - 1][keyPath: field] = newValue } }
    }
}
