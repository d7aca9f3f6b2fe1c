/// What the one timer is waited for. Empty, the timer is off.
struct Deadlines {
    enum Purpose: Equatable {
        case sessionStart(UInt32)
        /// The ghost should have locked by now.
        case ghostLock
        case stopping
        case job(UInt32)
        case serviceStart(UInt32)
        case serviceStop(UInt32)
        case serviceReadiness(UInt32)
    }

    private var entries: [(purpose: Purpose, time: Int64)] = []

    /// In monotonic milliseconds.
    var earliest: Int64? { entries.map { $0.time }.min() }

    /// Sets the time of `purpose`, in place of an earlier one.
    mutating func set(_ purpose: Purpose, at time: Int64) {
        clear(purpose)
        entries.append((purpose, time))
    }

    mutating func clear(_ purpose: Purpose) {
        entries.removeAll { $0.purpose == purpose }
    }

    mutating func takeExpired(now: Int64) -> [Purpose] {
        let expired = entries.filter { $0.time <= now }.map { $0.purpose }
        entries.removeAll { $0.time <= now }
        return expired
    }
}
