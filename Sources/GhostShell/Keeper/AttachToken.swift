import Contract
import Linux

/// The proof that the host which unlocked is asking again: it and this keeper alone know it.
final class AttachToken {
    private let secret: SecretBuffer

    private static let leastLength = 32
    private static let mostLength = 128

    /// - Returns: nil for a value that is too short to be one of ours; such a value proves nothing.
    init?(_ value: [UInt8]?) throws(Failure) {
        guard let value, value.count >= AttachToken.leastLength, value.count <= AttachToken.mostLength else { return nil }
        var secret = try SecretBuffer.make(capacity: AttachToken.mostLength)
        for byte in value { _ = secret.append(byte) }
        self.secret = secret
    }

    func matches(_ other: AttachToken) -> Bool {
        secret.equals(other.secret)
    }
}
