import Contract

extension NodeReader {
    /// What init, sessions and commands of the public area are started by.
    private static let needed = ["bash", "env", "sh", "tmux"]

    /// `ghost_only: [gemini]`: names of programs, each once.
    func ghostOnly(_ node: YAMLNode) throws(Failure) -> [String] {
        guard case .sequence(let items) = node.content else {
            throw problem(node.mark, "ghost_only must be a list of tools, like [gemini]")
        }
        var names: [String] = []
        for item in items {
            let name = try value(item, "ghost_only", form: "a tool's name, of letters, digits, ., _ and -, at most 64") {
                NodeReader.isTool($0) ? $0 : nil
            }
            if NodeReader.needed.contains(name) || name.hasPrefix("tazpod") {
                throw problem(item.mark, "ghost_only cannot have \(name), which the public area is started with; take it out")
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }

    private static func isTool(_ text: String) -> Bool {
        guard let first = text.first, first != ".", first != "-", text.count <= 64 else { return false }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
    }
}
