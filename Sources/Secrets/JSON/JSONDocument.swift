import CJansson
import Contract
import Linux

/// A text of JSON, read into the secret heap and wiped when nobody has a value of it any more (jansson).
///
/// What it complains about it never shows.
final class JSONDocument {
    /// "the answer of HOST", for messages.
    let name: String
    private let top: UnsafeMutablePointer<json_t>

    /// - Parameter name: What the text is: "the answer of HOST".
    /// - Throws: code 4 when it is no JSON.
    init(_ text: UnsafeRawBufferPointer, of name: String) throws(Failure) {
        SecretHeap.hasJansson
        self.name = name
        var error = json_error_t()
        let characters = text.assumingMemoryBound(to: CChar.self)
        let flags = Int(JSON_ALLOW_NUL) | Int(JSON_DECODE_ANY)
        guard let start = characters.baseAddress, let top = json_loadb(start, text.count, flags, &error) else {
            throw JSONDocument.failure(text, &error, name)
        }
        self.top = top
    }

    deinit {
        json_decref(top)
    }

    var root: JSONValue { JSONValue(pointer: top, document: self) }

    private static func failure(_ text: UnsafeRawBufferPointer, _ error: inout json_error_t, _ name: String) -> Failure {
        if text.isEmpty { return Failure(.provider, "\(name) is empty, where JSON is expected; check the URL") }
        switch cjansson_error_code(&error) {
        case json_error_premature_end_of_input:
            return Failure(.provider, "\(name) ends in the middle of its JSON, after \(text.count) bytes; try again")
        case json_error_out_of_memory: return Failure(.provider, "there is no memory for \(name); give the pod more")
        default:
            return Failure(.provider, "\(name) is not JSON (line \(error.line), column \(error.column)); check the URL")
        }
    }
}
