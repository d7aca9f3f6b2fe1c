import CCrypto
import Contract
import Linux

extension SecretBuffer {
    /// A buffer, or code 7.
    static func make(capacity: Int) throws(Failure) -> SecretBuffer {
        try failing(.refused) { () throws(SystemError) in try SecretBuffer(capacity: capacity) }
    }

    /// Compares in a time that does not depend on where the two differ.
    func equals(_ other: borrowing SecretBuffer) -> Bool {
        count == other.count
            && withBytes { mine in other.withBytes { CRYPTO_memcmp(mine.baseAddress, $0.baseAddress, mine.count) } } == 0
    }
}
