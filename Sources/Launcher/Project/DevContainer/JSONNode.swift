import Contract

/// A JSON document as a tree in which every part knows where it stands.
struct JSONNode: Equatable {
    enum Content: Equatable {
        case string(String)
        /// As it is written.
        case number(String)
        case boolean(Bool)
        case null
        case array([JSONNode])
        case object([Entry])
    }

    struct Entry: Equatable {
        var key: String
        var keyMark: SourceMark
        var value: JSONNode
    }

    var content: Content
    var mark: SourceMark

    /// Reads JSON with comments and trailing commas, as editors write it.
    ///
    /// - Throws: code 3 with file, line and column.
    static func parse(_ text: [UInt8], file: String) throws(Failure) -> JSONNode {
        var parser = JSONParser(text: text, file: file)
        return try parser.document()
    }

    /// The same tree with every string that is a value, and no key, changed.
    func mapStrings(_ change: (String) -> String) -> JSONNode {
        switch content {
        case .string(let text): JSONNode(content: .string(change(text)), mark: mark)
        case .array(let items): JSONNode(content: .array(items.map { $0.mapStrings(change) }), mark: mark)
        case .object(let entries):
            JSONNode(
                content: .object(
                    entries.map { Entry(key: $0.key, keyMark: $0.keyMark, value: $0.value.mapStrings(change)) }),
                mark: mark)
        case .number, .boolean, .null: self
        }
    }
}
