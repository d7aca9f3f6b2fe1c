import Contract
import Linux

/// Secrets in memory that could not be locked may be used only where nothing is swapped to a disk.
enum MemoryRule {
    /// - Parameter swaps: The text of /proc/swaps; nil when it could not be read, then there may be some.
    static func allows(isAllLocked: Bool, swaps: @autoclosure () -> [UInt8]?) -> Bool {
        isAllLocked || !SwapSpace.mayBeOnDisk(swaps())
    }

    /// The rule for the secret heap as it is now.
    static func allowsHeap() -> Bool {
        allows(isAllLocked: SecretHeap.isAllLocked, swaps: try? readFile("/proc/swaps", stage: "read /proc/swaps"))
    }

    static let broken = Failure(
        .refused,
        """
        the secrets of this answer do not fit into locked memory, and this machine swaps to a disk; raise the limit (ulimit -l) \
        or turn swap off (swapoff -a)
        """)
}
