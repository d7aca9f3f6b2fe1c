import Contract

/// Reads values out of a YAML tree; whatever is not of its form is an error that names file, line and column.
struct NodeReader {
    let file: String

    func problem(_ mark: SourceMark, _ sentence: String) -> Failure {
        Failure(.project, "\(file):\(mark.line):\(mark.column): \(sentence)")
    }

    /// The entries of a mapping whose keys must all be known.
    func entries(_ node: YAMLNode, of section: String, known: [String]) throws(Failure) -> [String: YAMLNode] {
        guard case .mapping(let entries) = node.content else {
            throw problem(node.mark, "\(section) must be a list of keys and values, like key: value")
        }
        var result: [String: YAMLNode] = [:]
        for entry in entries {
            guard known.contains(entry.key) else {
                let nearest = EditDistance.nearest(to: entry.key, among: known)
                throw problem(
                    entry.keyMark,
                    "\(section) has no key \(entry.key); \(nearest.map { "write \($0)" } ?? "known: \(known.joined(separator: ", "))")"
                )
            }
            result[entry.key] = entry.value
        }
        return result
    }

    func text(_ node: YAMLNode, _ name: String) throws(Failure) -> String {
        guard case .scalar(let text) = node.content, !text.isEmpty else { throw problem(node.mark, "\(name) must be a word") }
        return text
    }

    func boolean(_ node: YAMLNode, _ name: String) throws(Failure) -> Bool {
        switch try text(node, name) {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default: throw problem(node.mark, "\(name) must be true or false")
        }
    }

    /// A list of words; one word alone counts as a list of one.
    func list(_ node: YAMLNode, _ name: String) throws(Failure) -> [String] {
        guard case .sequence(let items) = node.content else { return [try text(node, name)] }
        var result: [String] = []
        for item in items { result.append(try text(item, name)) }
        return result
    }

    func dictionary(_ node: YAMLNode, _ name: String) throws(Failure) -> [String: String] {
        guard case .mapping(let entries) = node.content else {
            throw problem(node.mark, "\(name) must be a list of keys and values, like KEY: value")
        }
        var result: [String: String] = [:]
        for entry in entries {
            guard case .scalar(let text) = entry.value.content else {
                throw problem(entry.value.mark, "\(entry.key) must be a word")
            }
            result[entry.key] = text
        }
        return result
    }

    /// A word, turned into a value; `form` says what it must look like.
    func value<Value>(_ node: YAMLNode, _ name: String, form: String, _ parse: (String) -> Value?) throws(Failure) -> Value {
        let text = try text(node, name)
        guard let value = parse(text) else { throw problem(node.mark, "\(name) must be \(form), not \(text)") }
        return value
    }
}
