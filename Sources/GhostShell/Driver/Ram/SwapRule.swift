import Contract
import Linux

/// Whether memory that no file backs may get onto a disk.
enum SwapRule {
    /// - Parameter table: The text of /proc/swaps; nil when it could not be read, then there may be some.
    static func hasSwap(_ table: [UInt8]?) -> Bool {
        guard let table else { return true }
        return !SwapSpace.onDisk(String(decoding: table, as: UTF8.self)).isEmpty
    }

    /// Refuses a vault in memory that could be swapped out.
    ///
    /// - Parameters:
    ///   - swaps: The text of /proc/swaps, or nil.
    ///   - canBeExempt: The kernel lets us make a tmpfs that is never swapped out.
    /// - Throws: code 7.
    static func check(_ swaps: [UInt8]?, canBeExempt: Bool) throws(Failure) {
        if canBeExempt || !hasSwap(swaps) { return }
        throw Failure(
            .refused,
            """
            this machine swaps, and its kernel does not let this pod exempt the vault's memory from that; turn swap off \
            (swapoff -a), use the fuse driver, or a kernel of 6.4 or newer without a user namespace around the pod
            """)
    }
}
