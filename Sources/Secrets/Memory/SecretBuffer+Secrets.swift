import Contract
import Linux

extension SecretBuffer {
    /// The largest value of one secret.
    static let valueLimit = 4 << 20

    /// A buffer on locked pages, or, where nothing is swapped to a disk, on others.
    ///
    /// - Throws: code 7.
    static func make(capacity: Int) throws(Failure) -> SecretBuffer {
        do throws(SystemError) {
            return try SecretBuffer(capacity: capacity)
        } catch {
            let swaps = try? readFile("/proc/swaps", stage: "read /proc/swaps")
            guard MemoryRule.allows(isAllLocked: false, swaps: swaps) else {
                throw Failure(.refused, error, next: "raise the limit (ulimit -l) or turn swap off (swapoff -a)")
            }
            return try failing(.refused) { () throws(SystemError) in try SecretBuffer(capacity: capacity, mayBeUnlocked: true) }
        }
    }

    /// A buffer with these bytes.
    ///
    /// - Throws: code 7.
    static func make(copying bytes: UnsafeRawBufferPointer) throws(Failure) -> SecretBuffer {
        var copy = try make(capacity: bytes.count)
        copy.fill { target in
            target.copyMemory(from: bytes)
            return bytes.count
        }
        return copy
    }
}
