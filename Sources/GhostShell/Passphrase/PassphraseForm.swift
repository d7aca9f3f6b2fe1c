import Contract

/// How a descriptor that a client sent holds a passphrase, as the request's field says it.
enum PassphraseForm: String {
    /// One line (`--passphrase-fd`).
    case line = "descriptor"
    /// All there is, newlines too (`--key-file`).
    case file
    /// So many bytes as a first line says, so that several fit into one pipe.
    case framed

    /// - Parameter text: The field's value; without one there is no passphrase.
    /// - Throws: code 2 for a form that is none.
    init?(_ text: String?) throws(Failure) {
        guard let text else { return nil }
        guard let form = PassphraseForm(rawValue: text) else {
            throw Failure(.usage, "a passphrase comes as a descriptor, a file, or framed")
        }
        self = form
    }

    func source(_ descriptor: Int32) -> PassphraseSource {
        switch self {
        case .line: .descriptor(descriptor)
        case .file: .file(descriptor)
        case .framed: .framed(descriptor)
        }
    }
}
