import Contract

/// A secret to fetch, and where it goes.
public struct PullItem: Equatable, Sendable {
    /// What the file calls it; for most sources also what the source calls it.
    public var name: String
    public var source: SecretSourceName
    /// Its file, relative to the vault's root.
    public var file: String?
    /// The variable of the ghost's environment: the file's path where there is a file, otherwise the value itself.
    public var variable: String?
    /// What its source needs to know beside the name, such as `path` or `field`.
    public var options: [String: String]
    /// The program and its arguments, of the source `command`.
    public var command: [String]

    public init(
        name: String, source: SecretSourceName, file: String? = nil, variable: String? = nil, options: [String: String] = [:],
        command: [String] = []
    ) {
        self.name = name
        self.source = source
        self.file = file
        self.variable = variable
        self.options = options
        self.command = command
    }

    init?(_ message: Message) {
        guard message.isWord(PullItem.word), let name = message.text("name"),
            let source = message.text("source").flatMap({ SecretSourceName(rawValue: $0) })
        else { return nil }
        self.init(
            name: name, source: source, file: message.text("file"), variable: message.text("variable"),
            options: PullPlan.options(in: message), command: message.all("arg").map { String(decoding: $0, as: UTF8.self) })
    }

    static let word = "item"

    var message: Message {
        var message = Message(PullItem.word).adding("name", name).adding("source", source.rawValue)
        if let file { message.add("file", file) }
        if let variable { message.add("variable", variable) }
        PullPlan.add(options, to: &message)
        for argument in command { message.add("arg", argument) }
        return message
    }
}
