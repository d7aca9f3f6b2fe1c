import CLinux
import CQRCode
import Contract
import Linux

/// What is shown of a new recovery key, once: the key, and on a terminal the same as a QR code.
struct RecoverySheet: ~Copyable {
    private let key: SecretBuffer
    private let showsPicture: Bool

    /// The picture of a key has 33 modules a side; as text, less than 4 KiB.
    private static let mostBytes = 16 * 1024

    init(key: consuming SecretBuffer, showsPicture: Bool) {
        self.key = key
        self.showsPicture = showsPicture
    }

    /// - Throws: code 6 when it could not be shown.
    func print(on descriptor: Int32) throws(Failure) {
        var text = try SecretBuffer.make(capacity: RecoverySheet.mostBytes)
        if showsPicture { try appendPicture(to: &text) }
        key.withBytes { for byte in $0 { _ = text.append(byte) } }
        _ = text.append(UInt8(ascii: "\n"))
        var written = 0
        while written < text.count {
            let count = text.withBytes { write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0, clinux_errno() == EINTR { continue }
            guard count > 0 else {
                throw Failure(
                    .vault, SystemError.last("show the recovery key"),
                    next: "its slot is made and nobody has the key: remove the slot (tazpod vault info says which) and try again")
            }
            written += count
        }
    }

    private func appendPicture(to text: inout SecretBuffer) throws(Failure) {
        let code = key.withBytes {
            QRcode_encodeData(Int32(clamping: $0.count), $0.bindMemory(to: UInt8.self).baseAddress, 0, QR_ECLEVEL_L)
        }
        guard let code else { throw Failure(.vault, SystemError.last("draw the recovery key")) }
        let width = Int(code.pointee.width)
        defer {
            explicit_bzero(code.pointee.data, width * width)
            QRcode_free(code)
        }
        guard let modules = code.pointee.data else { return }
        HalfBlocks.draw(width: width, isDark: { column, row in modules[row * width + column] & 1 == 1 }) { _ = text.append($0) }
    }
}
