import Contract

/// Whether keys can be kept out of swap, and whether there is any.
enum MemoryCheck {
    /// What the vault's server locks: libcrypto's contexts, a key, a passphrase.
    private static let needed: UInt64 = 256 << 10

    static func findings(_ place: DriverTrials?) -> [Finding] {
        guard let place else {
            return ["locked memory", "swap"].map { .notApplicable($0, "is looked at where the drivers are tried") }
        }
        return [locked(place), swap(place)]
    }

    private static func locked(_ place: DriverTrials) -> Finding {
        let name = "locked memory"
        guard let limit = place.lockableMemory else { return .ok(name, "without a limit") }
        guard limit >= needed else {
            return .missing(
                name, "a process may lock \(Quantities.text(limit)) there, and keys take \(Quantities.text(needed))",
                next: "raise it: ulimit -l 8192, or LimitMEMLOCK= of the engine's service")
        }
        return .ok(name, "up to \(Quantities.text(limit))")
    }

    private static func swap(_ place: DriverTrials) -> Finding {
        let name = "swap"
        if place.swaps.isEmpty { return .ok(name, "off, or in memory") }
        return .warning(
            name,
            "this machine swaps to \(place.swaps.joined(separator: ", ")), where what programs of the ghost hold may be written",
            next: "if it is not encrypted, turn it off: sudo swapoff -a")
    }
}
