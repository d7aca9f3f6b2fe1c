import Linux

/// Keys and passphrases are on locked pages; what the ghost's own programs hold is not.
extension SwapSpace {
    /// What a person who unlocks should know; nil where nothing is swapped to a disk.
    static func warning(_ table: String) -> String? {
        let places = onDisk(table)
        if places.isEmpty { return nil }
        return """
            this machine swaps to \(places.joined(separator: ", ")): what programs of the ghost hold in memory may be written there; \
            if it is not encrypted, turn it off (swapoff -a)
            """
    }

    /// The warning for the machine that we are on.
    static func warning() -> String? {
        guard let bytes = try? readFile("/proc/swaps", stage: "read /proc/swaps") else { return nil }
        return warning(String(decoding: bytes, as: UTF8.self))
    }
}
