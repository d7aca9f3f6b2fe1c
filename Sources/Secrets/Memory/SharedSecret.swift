import Linux

/// A secret that several requests carry, such as a token; wiped when the last of them has ended.
final class SharedSecret {
    let buffer: SecretBuffer

    init(_ buffer: consuming SecretBuffer) {
        self.buffer = buffer
    }
}
