/// Whose descriptor woke the loop: a kind, and an identifier that is never used twice, so that an event for something that
/// ended in the same round finds nothing.
struct EventToken: Equatable {
    enum Kind: UInt64 {
        case signals = 1, timer, listener, client, ghost, job, output, readiness, notify, standardError
    }

    let kind: Kind
    let identifier: UInt32

    init(_ kind: Kind, _ identifier: UInt32 = 0) {
        self.kind = kind
        self.identifier = identifier
    }

    init?(raw: UInt64) {
        guard let kind = Kind(rawValue: raw >> 32) else { return nil }
        self.init(kind, UInt32(truncatingIfNeeded: raw))
    }

    var raw: UInt64 { kind.rawValue << 32 | UInt64(identifier) }
}
