import Contract

/// Reads values out of a JSON tree; whatever is not of its form is an error that names file, line and column.
struct JSONReader {
    let file: String

    func place(_ mark: SourceMark) -> String { "\(file):\(mark.line):\(mark.column)" }

    func problem(_ mark: SourceMark, _ sentence: String, code: ExitCode = .project) -> Failure {
        Failure(code, "\(place(mark)): \(sentence)")
    }

    func entries(_ node: JSONNode, _ name: String) throws(Failure) -> [JSONNode.Entry] {
        guard case .object(let entries) = node.content else { throw problem(node.mark, "\(name) must be an object, in { }") }
        return entries
    }

    func items(_ node: JSONNode, _ name: String) throws(Failure) -> [JSONNode] {
        guard case .array(let items) = node.content else { throw problem(node.mark, "\(name) must be a list, in [ ]") }
        return items
    }

    func text(_ node: JSONNode, _ name: String) throws(Failure) -> String {
        guard case .string(let text) = node.content, !text.isEmpty else {
            throw problem(node.mark, "\(name) must be a string, in quotes")
        }
        return text
    }

    /// A list of strings; one alone counts as a list of one.
    func texts(_ node: JSONNode, _ name: String) throws(Failure) -> [String] {
        if case .string(let text) = node.content { return [text] }
        var texts: [String] = []
        for item in try items(node, name) { texts.append(try text(item, name)) }
        return texts
    }

    func boolean(_ node: JSONNode, _ name: String) throws(Failure) -> Bool {
        guard case .boolean(let value) = node.content else { throw problem(node.mark, "\(name) must be true or false") }
        return value
    }

    /// A string as it is, and a number or a switch as it is written.
    func word(_ node: JSONNode, _ name: String) throws(Failure) -> String {
        switch node.content {
        case .string(let text): return text
        case .number(let text): return text
        case .boolean(let value): return value ? "true" : "false"
        default: throw problem(node.mark, "\(name) must be a string, a number, true or false")
        }
    }

    func value<Value>(_ node: JSONNode, _ name: String, form: String, _ parse: (String) -> Value?) throws(Failure) -> Value {
        let word = try word(node, name)
        guard let value = parse(word) else { throw problem(node.mark, "\(name) must be \(form), not \(word)") }
        return value
    }

    /// The options of a feature; a word alone is its version.
    func featureOptions(_ entry: JSONNode.Entry) throws(Failure) -> [String: String] {
        if case .object = entry.value.content { return try dictionary(entry.value, entry.key) }
        return ["version": try word(entry.value, entry.key)]
    }

    /// Strings by name, for an environment. What is `null` is left out.
    func dictionary(_ node: JSONNode, _ name: String) throws(Failure) -> [String: String] {
        var result: [String: String] = [:]
        for entry in try entries(node, name) where entry.value.content != .null {
            result[entry.key] = try word(entry.value, "\(name): \(entry.key)")
        }
        return result
    }
}
