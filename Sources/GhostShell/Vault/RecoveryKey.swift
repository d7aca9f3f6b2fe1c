import CLinux
import Contract
import Linux

/// A key to be printed: 256 random bits in modhex, as systemd-homed and systemd-cryptenroll write theirs, so that it can be typed
/// on any Latin keyboard. Its slot is opened by the text itself, dashes included.
enum RecoveryKey {
    /// The digits 0 to 15; they are in the same place on most keyboards.
    static let digits = [UInt8]("cbdefghijklnrtuv".utf8)
    private static let dash = UInt8(ascii: "-")
    private static let byteCount = 32
    private static let digitCount = 64
    private static let groupLength = 8
    /// Bytes of the text: the digits, in groups with dashes between.
    static let length = 71

    /// A new key.
    static func make() throws(Failure) -> SecretBuffer {
        var random = try SecretBuffer.make(capacity: byteCount)
        random.fill { getrandom($0.baseAddress, $0.count, 0) }
        guard random.count == byteCount else { throw Failure(.vault, SystemError.last("get random bytes for a key")) }
        return try text(random)
    }

    /// The text of 32 bytes.
    static func text(_ bytes: borrowing SecretBuffer) throws(Failure) -> SecretBuffer {
        var text = try SecretBuffer.make(capacity: length)
        bytes.withBytes { bytes in
            for (index, byte) in bytes.enumerated() {
                if index > 0, index * 2 % groupLength == 0 { _ = text.append(dash) }
                _ = text.append(digits[Int(byte >> 4)])
                _ = text.append(digits[Int(byte & 15)])
            }
        }
        return text
    }

    /// A recovery key as it was typed, in upper or lower case, with its dashes or without, in the form that opens its slot.
    ///
    /// - Returns: nil for anything that is no recovery key.
    static func normalized(_ typed: borrowing SecretBuffer) throws(Failure) -> SecretBuffer? {
        guard typed.count == digitCount || typed.count == length else { return nil }
        let hasDashes = typed.count == length
        var text = try SecretBuffer.make(capacity: length)
        let isKey = typed.withBytes { typed in
            var position = 0
            for index in 0..<length {
                if (index + 1) % (groupLength + 1) == 0 {
                    if hasDashes {
                        guard typed[position] == dash else { return false }
                        position += 1
                    }
                    _ = text.append(dash)
                    continue
                }
                let isUpper = typed[position] >= UInt8(ascii: "A") && typed[position] <= UInt8(ascii: "Z")
                let letter = isUpper ? typed[position] | 0x20 : typed[position]
                guard digits.contains(letter) else { return false }
                _ = text.append(letter)
                position += 1
            }
            return true
        }
        guard isKey else { return nil }
        return text
    }
}
