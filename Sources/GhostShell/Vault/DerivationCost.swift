/// What deriving a key from a passphrase costs (argon2id, RFC 9106).
struct DerivationCost: Equatable {
    var memoryKiB: UInt32
    var iterations: UInt32
    var threads: UInt32

    /// RFC 9106 and OWASP call less than this weak.
    static let leastMemoryKiB: UInt64 = 32 * 1024
    static let mostMemoryKiB: UInt64 = 256 * 1024

    /// The least that libcryptsetup takes: for a vault that is thrown away, whose passphrase nobody has to guess.
    static let leastOfAll = DerivationCost(memoryKiB: 32, iterations: 4, threads: 1)

    /// The cost for a new vault: a quarter of the memory that is free now, within bounds, so that the vault opens again in a
    /// pod that is a little fuller. libcryptsetup takes at least 4 iterations.
    ///
    /// - Returns: nil when even the least would take half of the free memory.
    static func forNewVault(availableKiB: UInt64, processors: Int) -> DerivationCost? {
        guard availableKiB >= leastMemoryKiB * 2 else { return nil }
        let memory = min(max(availableKiB / 4, leastMemoryKiB), mostMemoryKiB)
        return DerivationCost(
            memoryKiB: UInt32(clamping: memory), iterations: 4, threads: UInt32(clamping: min(max(processors, 1), 4)))
    }
}
