import Contract
import SecretsPlan

/// A secret that was pulled: what `tazpod-secrets` remembers of it. Its value is in its file, or among the variables.
struct PulledSecret: Equatable {
    var item: PullItem
    /// Seconds since 1970.
    var pulledAt: Int64

    var message: Message {
        PulledSecret.add(item, to: Message("pulled").adding("at", String(pulledAt)))
    }

    init(item: PullItem, pulledAt: Int64) {
        self.item = item
        self.pulledAt = pulledAt
    }

    init?(_ message: Message) {
        guard message.isWord("pulled"), let at = message.text("at").flatMap({ Int64($0) }), let name = message.text("name"),
            let source = message.text("source").flatMap({ SecretSourceName(rawValue: $0) })
        else { return nil }
        item = PullItem(name: name, source: source, file: message.text("file"), variable: message.text("variable"))
        pulledAt = at
    }

    private static func add(_ item: PullItem, to message: Message) -> Message {
        var message = message.adding("name", item.name).adding("source", item.source.rawValue)
        if let file = item.file { message.add("file", file) }
        if let variable = item.variable { message.add("variable", variable) }
        return message
    }

    /// Where a value is that has no file of its own, in the vault.
    static func valuePath(ofVariable name: String) -> String { "\(PulledSet.variables)/\(name)" }

    /// Where an item's value is kept, in the vault.
    static func path(of item: PullItem) -> String? {
        item.file ?? item.variable.map { valuePath(ofVariable: $0) }
    }
}
