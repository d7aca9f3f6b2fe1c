import Linux

/// A vault whose key is known: what a driver needs to open it. It exists in the vault's server only.
struct UnlockedVault: ~Copyable {
    let segment: DataSegment
    let key: SecretBuffer
    /// One copy of the header was damaged, and was mended from the other.
    let hasMendedHeader: Bool
}
