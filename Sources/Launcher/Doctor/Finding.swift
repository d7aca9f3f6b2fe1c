/// What one check came to. Scripts read it: fields are added, never changed.
struct Finding: Codable, Equatable {
    enum State: String, Codable {
        case ok, warning, missing
        case notApplicable = "not-applicable"

        var mark: String {
            switch self {
            case .ok: "✓"
            case .warning: "!"
            case .missing: "✗"
            case .notApplicable: "–"
            }
        }

        /// The terminal's colour for the mark (ECMA-48, SGR).
        var colour: Int {
            switch self {
            case .ok: 32
            case .warning: 33
            case .missing: 31
            case .notApplicable: 90
            }
        }
    }

    /// What was looked at: `provider docker`, `driver fuse`, `kernel`.
    var name: String
    var state: State
    /// What is so.
    var sentence: String
    /// What to do about it.
    var next: String?
    /// What happens meanwhile.
    var instead: String?
    /// Without it no pod with a vault can be started here.
    var needed = false

    static func ok(_ name: String, _ sentence: String) -> Finding {
        Finding(name: name, state: .ok, sentence: sentence)
    }

    static func notApplicable(_ name: String, _ sentence: String) -> Finding {
        Finding(name: name, state: .notApplicable, sentence: sentence)
    }

    static func warning(_ name: String, _ sentence: String, next: String) -> Finding {
        Finding(name: name, state: .warning, sentence: sentence, next: next)
    }

    /// It is in the way of a pod with a vault.
    static func missing(_ name: String, _ sentence: String, next: String?) -> Finding {
        Finding(name: name, state: .missing, sentence: sentence, next: next, needed: true)
    }

    func line(inColour: Bool) -> String {
        let mark = inColour ? "\u{1b}[\(state.colour)m\(state.mark)\u{1b}[0m" : state.mark
        guard let instead else { return "\(mark) \(name): \(sentence)" + (next.map { "; \($0)" } ?? "") }
        return "\(mark) \(name): \(sentence)" + (next.map { " (\($0))" } ?? "") + "; \(instead)"
    }
}
