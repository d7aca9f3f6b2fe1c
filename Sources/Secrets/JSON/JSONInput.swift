import CJansson
import Contract
import Linux

/// JSON to be written, such as a request's body, with secrets in it.
indirect enum JSONInput {
    case text(String)
    case secret(SharedSecret)
    case integer(Int64)
    case boolean(Bool)
    case array([JSONInput])
    case object([(String, JSONInput)])

    /// Its text, which is on the ordinary heap at no time.
    ///
    /// - Throws: code 5 when a secret in it is no UTF-8, 7 when there is no memory that a secret may be in.
    func encoded() throws(Failure) -> SecretBuffer {
        SecretHeap.hasJansson
        guard let made = make() else {
            throw Failure(
                .proof, "a secret that a server is to get is no text (UTF-8), and JSON takes no other; log in with another")
        }
        defer { json_decref(made) }
        return try encodeJSON(made)
    }

    private func make() -> UnsafeMutablePointer<json_t>? {
        switch self {
        case .text(var text): text.withUTF8 { JSONInput.string(UnsafeRawBufferPointer($0)) }
        case .secret(let secret): secret.buffer.withBytes { JSONInput.string($0) }
        case .integer(let number): json_integer(json_int_t(number))
        case .boolean(let value): value ? json_true() : json_false()
        case .array(let elements): JSONInput.array(elements)
        case .object(let members): JSONInput.object(members)
        }
    }

    private static func string(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<json_t>? {
        "".withCString { json_stringn(bytes.baseAddress?.assumingMemoryBound(to: CChar.self) ?? $0, bytes.count) }
    }

    private static func array(_ elements: [JSONInput]) -> UnsafeMutablePointer<json_t>? {
        let array = json_array()
        // An element that could not be made is nil, and is refused.
        guard elements.allSatisfy({ json_array_append_new(array, $0.make()) == 0 }) else {
            json_decref(array)
            return nil
        }
        return array
    }

    private static func object(_ members: [(String, JSONInput)]) -> UnsafeMutablePointer<json_t>? {
        let object = json_object()
        guard members.allSatisfy({ json_object_set_new(object, $0.0, $0.1.make()) == 0 }) else {
            json_decref(object)
            return nil
        }
        return object
    }
}

/// A value's text.
///
/// - Throws: code 7.
func encodeJSON(_ value: UnsafeMutablePointer<json_t>) throws(Failure) -> SecretBuffer {
    let flags = Int(JSON_ENCODE_ANY) | Int(JSON_COMPACT)
    let size = json_dumpb(value, nil, 0, flags)
    var text = try SecretBuffer.make(capacity: size)
    text.fill { json_dumpb(value, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, flags) }
    return text
}
