import Contract
import Linux

/// A line about a secret, and the secret: what one file keeps, so that the two change together.
struct LabelledSecret {
    /// One line, which is no secret: an id, or times.
    let label: String
    let secret: SharedSecret

    init(label: String, secret: SharedSecret) {
        self.label = label
        self.secret = secret
    }

    /// - Returns: nil when there is no line in it, or nothing after the line.
    init?(parsing file: borrowing SecretBuffer) throws(Failure) {
        let newline = UInt8(ascii: "\n")
        let label = file.withBytes { bytes in
            bytes.firstIndex(of: newline).map { String(decoding: bytes[..<$0], as: UTF8.self) }
        }
        guard let label, file.count > label.utf8.count + 1 else { return nil }
        self.label = label
        secret = SharedSecret(try SecretBuffer.copy(of: file, from: label.utf8.count + 1))
    }

    func encoded() throws(Failure) -> SecretBuffer {
        let line = Array("\(label)\n".utf8)
        var file = try SecretBuffer.make(capacity: line.count + secret.buffer.count)
        file.fill { target in
            target.copyBytes(from: line)
            secret.buffer.withBytes { UnsafeMutableRawBufferPointer(rebasing: target[line.count...]).copyMemory(from: $0) }
            return target.count
        }
        return file
    }
}

extension SecretBuffer {
    /// What another holds, from a place on.
    static func copy(of buffer: borrowing SecretBuffer, from start: Int = 0) throws(Failure) -> SecretBuffer {
        let count = buffer.count - start
        var copy = try SecretBuffer.make(capacity: max(count, 1))
        copy.fill { target in
            buffer.withBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start...])) }
            return count
        }
        return copy
    }
}

extension LoginStore {
    /// - Returns: nil where it was never kept, or is not of its form.
    func readLabelled(_ name: String) throws(Failure) -> LabelledSecret? {
        guard let file = try read(name) else { return nil }
        return try LabelledSecret(parsing: file)
    }

    func write(_ name: String, _ secret: LabelledSecret) throws(Failure) {
        let file = try secret.encoded()
        try write(name, file)
    }
}
