import CLinux
import Contract
import Linux

/// What the keeper knows of the saves of a vault in memory.
struct SaveRecord: Equatable {
    /// Seconds since 1970.
    var savedAt: Int
    /// Something changed since.
    var isUnsaved = false
    /// Why the last try failed.
    var problem: Failure?

    init(savedAt: Int) {
        self.savedAt = savedAt
    }

    /// For `status`.
    var fields: [(String, String)] {
        [("unsaved", isUnsaved ? "1" : "0"), ("saved", String(savedAt))] + (problem.map { [("save-problem", $0.sentence)] } ?? [])
    }

    /// Takes what the server says. Words that say nothing of a save change nothing.
    mutating func update(_ message: Message, now: Int) {
        if message.isWord(RamServer.Word.changed) {
            isUnsaved = true
        } else if message.isWord(RamServer.Word.unchanged) {
            (isUnsaved, problem) = (false, nil)
        } else if message.isWord(RamServer.Word.saved) {
            (isUnsaved, problem, savedAt) = (false, nil, now)
        } else if let failure = SaveRecord.failure(message) {
            (isUnsaved, problem) = (true, failure)
        }
    }

    /// Why a save failed, if `message` says so.
    static func failure(_ message: Message) -> Failure? {
        guard message.isWord(RamServer.Word.failed) else { return nil }
        let code = message.number("code").flatMap { ExitCode(rawValue: $0) } ?? .vault
        return Failure(code, message.text("sentence") ?? "")
    }
}

extension ServerLink {
    /// How long the last save may take: a little less than `tazpod-init` waits for a lock.
    private static let lastSaveMilliseconds: Int64 = 110_000

    /// Has the server save for the last time, and waits for its end.
    ///
    /// - Returns: why it could not, for those who lock to hear.
    func save(discarding: Bool) -> Failure? {
        try? channel.send(Message(discarding ? RamServer.Word.discard : RamServer.Word.close).encoded)
        let deadline = monotonicMilliseconds() + ServerLink.lastSaveMilliseconds
        var problem: Failure?
        while true {
            var watched = pollfd(fd: channel.descriptor.raw, events: Int16(POLLIN), revents: 0)
            let left = deadline - monotonicMilliseconds()
            if left <= 0 {
                problem = Failure(.timeout, "it took longer than \(ServerLink.lastSaveMilliseconds / 1000) seconds")
                break
            }
            if poll(&watched, 1, Int32(clamping: left)) <= 0 { continue }
            guard case .message(let received)? = try? channel.receive(capacity: Message.maximumLength) else { break }
            guard let message = Message(parsing: received.bytes) else { continue }
            // An earlier failure counts no more once it is saved.
            problem = SaveRecord.failure(message)
        }
        _ = process.wait(milliseconds: 1_000)
        guard let problem, !discarding else { return nil }
        return Failure(.vault, "the vault is locked, but what changed last could not be saved: \(problem.sentence)")
    }
}
