/// What the one timer is waited for. Empty, the timer is off.
struct Deadlines {
    enum Purpose: Equatable {
        case sessionStart(UInt32)
        /// The ghost should have locked by now.
        case ghostLock
        /// Time to start the process of the next ghost.
        case standby
        case stopping
        case job(UInt32)
        case serviceStart(UInt32)
        case serviceStop(UInt32)
        case serviceReadiness(UInt32)
    }

    private var entries: [(purpose: Purpose, time: Int64)] = []

    /// In monotonic milliseconds.
    private(set) var earliest: Int64?

    /// Sets the time of `purpose`, in place of an earlier one.
    mutating func set(_ purpose: Purpose, at time: Int64) {
        entries.removeAll { $0.purpose == purpose }
        entries.append((purpose, time))
        findEarliest()
    }

    mutating func clear(_ purpose: Purpose) {
        entries.removeAll { $0.purpose == purpose }
        findEarliest()
    }

    mutating func takeExpired(now: Int64) -> [Purpose] {
        let expired = entries.filter { $0.time <= now }.map { $0.purpose }
        entries.removeAll { $0.time <= now }
        findEarliest()
        return expired
    }

    /// The loop asks for it far more often than it changes.
    private mutating func findEarliest() {
        earliest = nil
        for entry in entries where entry.time < earliest ?? Int64.max { earliest = entry.time }
    }
}
