import Contract

extension NodeReader {
    /// `enclave: {allow: [io_uring]}`: groups of system calls, each once and in the table's order.
    func allowedCalls(_ node: YAMLNode) throws(Failure) -> [RefusedCalls] {
        let entries = try entries(node, of: "enclave", known: ["allow"])
        guard let allow = entries["allow"] else { return [] }
        var items = [allow]
        if case .sequence(let several) = allow.content { items = several }
        var allowed: [RefusedCalls] = []
        for item in items { allowed.append(try refusedCalls(item)) }
        return RefusedCalls.allCases.filter { allowed.contains($0) }
    }

    private func refusedCalls(_ node: YAMLNode) throws(Failure) -> RefusedCalls {
        let name = try text(node, "enclave: allow")
        let known = RefusedCalls.namesThatMayBeAllowed
        guard let group = RefusedCalls(rawValue: name) else {
            let nearest = EditDistance.nearest(to: name, among: known)
            throw problem(
                node.mark,
                "enclave: allow knows no \(name); \(nearest.map { "write \($0)" } ?? "known: \(known.joined(separator: ", "))")")
        }
        guard group.mayBeAllowed else {
            throw problem(node.mark, "enclave: allow cannot have \(name), which no project may allow; take it out")
        }
        return group
    }
}
