import Contract
import Linux
import SecretsPlan

@testable import Secrets

func json(_ text: String) throws -> JSONValue {
    var text = text
    return try text.withUTF8 { try JSONDocument(UnsafeRawBufferPointer($0), of: "the answer of example.com") }.root
}

func text(_ buffer: borrowing SecretBuffer) -> String {
    buffer.withBytes { String(decoding: $0, as: UTF8.self) }
}

func secretBuffer(_ text: String) throws -> SecretBuffer {
    let bytes = Array(text.utf8)
    var buffer = try SecretBuffer.make(capacity: max(bytes.count, 1))
    buffer.fill { target in
        target.copyBytes(from: bytes)
        return bytes.count
    }
    return buffer
}

func sharedSecret(_ text: String) throws -> SharedSecret {
    SharedSecret(try secretBuffer(text))
}

func item(_ name: String, _ source: SecretSourceName, _ options: [String: String] = [:]) -> PullItem {
    PullItem(name: name, source: source, file: name, options: options)
}

/// The sentence of the failure that `body` ends with; nil when it does not.
func sentence(_ body: () throws(Failure) -> Void) -> String? {
    do throws(Failure) {
        try body()
        return nil
    } catch {
        return error.sentence
    }
}

/// The exit code of the failure that `body` ends with; nil when it does not.
func code(_ body: () throws(Failure) -> Void) -> ExitCode? {
    do throws(Failure) {
        try body()
        return nil
    } catch {
        return error.code
    }
}
