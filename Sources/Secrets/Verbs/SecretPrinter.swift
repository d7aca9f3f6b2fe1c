import CLinux
import Linux

/// Prints secret text through one locked page, however long it is.
struct SecretPrinter: ~Copyable {
    private var buffer: SecretBuffer
    private let descriptor: Int32
    private var error: SystemError?

    init(_ descriptor: Int32) throws(SystemError) {
        buffer = try SecretBuffer(capacity: Int(getpagesize()))
        self.descriptor = descriptor
    }

    mutating func append(_ byte: UInt8) {
        if buffer.append(byte) { return }
        flush()
        _ = buffer.append(byte)
    }

    mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// - Throws: the first error of writing.
    mutating func end() throws(SystemError) {
        flush()
        if let error { throw error }
    }

    private mutating func flush() {
        var written = 0
        while error == nil && written < buffer.count {
            do throws(SystemError) {
                written += try retrying("print the variables") {
                    buffer.withBytes { write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
                }
            } catch let caught {
                error = caught
            }
        }
        buffer.fill { _ in 0 }
    }
}
