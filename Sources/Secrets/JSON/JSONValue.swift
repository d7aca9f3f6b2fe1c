import CJansson
import Contract
import Linux

/// A value of a document, which lives as long as this.
struct JSONValue {
    let pointer: UnsafeMutablePointer<json_t>
    let document: JSONDocument

    private func isA(_ type: json_type) -> Bool { pointer.pointee.type == type }

    private func value(_ pointer: UnsafeMutablePointer<json_t>) -> JSONValue {
        JSONValue(pointer: pointer, document: document)
    }

    // MARK: - Objects and arrays

    /// A member of an object; nil when there is none, or when it is null.
    subscript(_ name: String) -> JSONValue? {
        guard let member = json_object_get(pointer, name) else { return nil }
        return member.pointee.type == JSON_NULL ? nil : value(member)
    }

    /// A member that must be there.
    ///
    /// - Throws: code 4.
    func member(_ name: String) throws(Failure) -> JSONValue {
        guard let member = self[name] else { throw unexpected("has no \(name)") }
        return member
    }

    /// An object's members, in their order; nil when it is none.
    var members: [(name: String, value: JSONValue)]? {
        guard isA(JSON_OBJECT) else { return nil }
        var found: [(name: String, value: JSONValue)] = []
        var place = json_object_iter(pointer)
        while let here = place {
            if let name = json_object_iter_key(here), let member = json_object_iter_value(here) {
                found.append((String(cString: name), value(member)))
            }
            place = json_object_iter_next(pointer, here)
        }
        return found
    }

    /// An array's elements; nil when it is none.
    var elements: [JSONValue]? {
        guard isA(JSON_ARRAY) else { return nil }
        return (0..<json_array_size(pointer)).compactMap { json_array_get(pointer, $0).map(value) }
    }

    // MARK: - What is not secret

    /// A string such as a name or an id. It is on the ordinary heap, where no secret may be.
    var text: String? {
        guard isA(JSON_STRING) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    var integer: Int64? { isA(JSON_INTEGER) ? Int64(json_integer_value(pointer)) : nil }

    var boolean: Bool? { isA(JSON_TRUE) ? true : isA(JSON_FALSE) ? false : nil }

    // MARK: - Secrets

    /// A string's bytes, all of them, NUL too.
    ///
    /// - Throws: code 4 when it is no string or too large, 7 when there is no memory that a secret may be in.
    func secret() throws(Failure) -> SecretBuffer {
        guard isA(JSON_STRING) else { throw unexpected("has something else where the text of a secret is expected") }
        try checkSize(bytes.count)
        return try SecretBuffer.make(copying: bytes)
    }

    /// The value itself in JSON: what a secret is that is no string.
    ///
    /// - Throws: as `secret`.
    func encoded() throws(Failure) -> SecretBuffer {
        let text = try encodeJSON(pointer)
        try checkSize(text.count)
        return text
    }

    private var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: json_string_value(pointer), count: json_string_length(pointer))
    }

    private func checkSize(_ size: Int) throws(Failure) {
        if size > SecretBuffer.valueLimit {
            throw unexpected(
                "has a secret of more than \(SecretBuffer.valueLimit >> 20) MiB, which is the most that one may have")
        }
    }

    private func unexpected(_ what: String) -> Failure {
        Failure(.provider, "\(document.name) \(what); check the URL, and that the server is of a version that is known")
    }
}
