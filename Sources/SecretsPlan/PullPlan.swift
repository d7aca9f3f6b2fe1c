import Contract

/// What secrets.yml asks for, read: `tazpod` reads the file and hands this to `tazpod-secrets`, which fetches.
///
/// It holds names and places, and no secret.
public struct PullPlan: Equatable, Sendable {
    /// What the file says of each source, such as its server's address.
    public var settings: [SecretSourceName: [String: String]]
    public var items: [PullItem]

    public init(settings: [SecretSourceName: [String: String]] = [:], items: [PullItem] = []) {
        self.settings = settings
        self.items = items
    }

    // -- as it travels -----------------------------------------------------------------------------------------------------

    private static let settingsWord = "source"

    /// Messages in the format of the control socket, each followed by two NUL bytes: within one there are never two in a row.
    public var encoded: [UInt8] {
        var messages: [Message] = []
        for (source, options) in settings.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            var message = Message(PullPlan.settingsWord).adding("name", source.rawValue)
            PullPlan.add(options, to: &message)
            messages.append(message)
        }
        messages += items.map { $0.message }
        return PullPlan.encode(messages)
    }

    /// - Returns: nil unless `bytes` is a plan.
    public init?(parsing bytes: [UInt8]) {
        self.init()
        guard let messages = PullPlan.messages(in: bytes) else { return nil }
        for message in messages {
            if message.isWord(PullPlan.settingsWord) {
                guard let source = message.text("name").flatMap({ SecretSourceName(rawValue: $0) }) else { return nil }
                settings[source] = PullPlan.options(in: message)
            } else {
                guard let item = PullItem(message) else { return nil }
                items.append(item)
            }
        }
    }

    /// Messages one after another, each ended by two NUL bytes.
    public static func encode(_ messages: [Message]) -> [UInt8] {
        messages.flatMap { $0.encoded + [0, 0] }
    }

    /// - Returns: nil unless `bytes` is that.
    public static func messages(in bytes: [UInt8]) -> [Message]? {
        var messages: [Message] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard let end = zip(rest, rest.dropFirst()).enumerated().first(where: { $1 == (0, 0) })?.offset,
                let message = Message(parsing: Array(rest.prefix(end)))
            else { return nil }
            messages.append(message)
            rest = rest.dropFirst(end + 2)
        }
        return messages
    }

    private static let optionKey = "option"

    /// Options as `option=KEY=VALUE`, in the order of their keys.
    static func add(_ options: [String: String], to message: inout Message) {
        for (key, value) in options.sorted(by: { $0.key < $1.key }) { message.add(optionKey, "\(key)=\(value)") }
    }

    static func options(in message: Message) -> [String: String] {
        var options: [String: String] = [:]
        for pair in message.all(optionKey) {
            let key = pair.prefix { $0 != UInt8(ascii: "=") }
            options[String(decoding: key, as: UTF8.self)] = String(decoding: pair.dropFirst(key.count + 1), as: UTF8.self)
        }
        return options
    }
}
