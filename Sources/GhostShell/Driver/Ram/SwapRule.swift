import Contract
import Linux

/// A vault in memory stays in memory.
enum SwapRule {
    /// Refuses a vault in memory that could be swapped out.
    ///
    /// - Parameters:
    ///   - swaps: The text of /proc/swaps, or nil.
    ///   - canBeExempt: The kernel lets us make a tmpfs that is never swapped out.
    /// - Throws: code 7.
    static func check(_ swaps: [UInt8]?, canBeExempt: Bool) throws(Failure) {
        if canBeExempt || !SwapSpace.mayBeOnDisk(swaps) { return }
        throw Failure(
            .refused,
            """
            this machine swaps, and its kernel does not let this pod exempt the vault's memory from that; turn swap off \
            (swapoff -a), use the fuse driver, or a kernel of 6.4 or newer without a user namespace around the pod
            """)
    }
}
