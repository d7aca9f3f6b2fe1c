import Contract

/// Lifecycle commands: a line of shell, a program with its arguments, or several of them by name.
extension DevContainerFile {
    mutating func readCommand(_ stage: LifecycleStage, _ node: JSONNode) throws(Failure) {
        let name = stage.rawValue
        var parts: [LifecycleCommand.Part] = []
        if case .object(let entries) = node.content {
            for entry in entries {
                if let words = try words(entry.value, "\(name): \(entry.key)") {
                    parts.append(LifecycleCommand.Part(name: entry.key, words: words))
                }
            }
        } else if let words = try words(node, name) {
            parts = [LifecycleCommand.Part(name: nil, words: words)]
        }
        if parts.isEmpty { return }
        result.commands.append(LifecycleCommand(stage: stage, parts: parts))
        if stage == .initialize {
            result.reach += parts.map { "runs on this machine: \(HostCommand(arguments: $0.words).description)" }
        }
    }

    /// nil for what asks for nothing: `null`, "" and [].
    private func words(_ node: JSONNode, _ name: String) throws(Failure) -> [String]? {
        switch node.content {
        case .null: return nil
        case .string(let line): return line.isEmpty ? nil : LifecycleCommand.shell(line)
        case .array(let items):
            var words: [String] = []
            for item in items { words.append(try reader.word(item, name)) }
            return words.isEmpty ? nil : words
        default:
            throw reader.problem(node.mark, "\(name) must be a line of shell, or a list of words")
        }
    }
}
