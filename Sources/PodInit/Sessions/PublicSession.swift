import CLinux

/// A tmux session of the public area, which init keeps alive.
final class PublicSession {
    static let main = "main"

    let identifier: UInt32
    let name: Name
    /// It was there at least once, or there can be none in this image.
    var isUp = false
    var isStarting = false
    /// Clients that are answered when it is up.
    var waitingClients: [UInt32] = []
    private var lastStart: Int64 = 0
    private var backoff = Backoff(BackoffPolicy())

    init(identifier: UInt32, name: Name) {
        self.identifier = identifier
        self.name = name
    }

    /// Notes a start at `now`.
    func started(now: Int64) {
        isStarting = true
        lastStart = now
    }

    /// When to start again after an end at `now`.
    func nextStart(now: Int64) -> Int64 {
        now + backoff.next(afterRunOf: now - lastStart)
    }
}

/// The sessions of the public area's one tmux server.
struct PublicSessions {
    /// tmux's server, once it told us; it is our child because tmux leaves it an orphan.
    var serverPID: pid_t?
    private(set) var kept: [PublicSession] = []

    var areUp: Bool { kept.allSatisfy { $0.isUp } }

    func session(_ identifier: UInt32) -> PublicSession? { kept.first { $0.identifier == identifier } }
    func session(named name: Name) -> PublicSession? { kept.first { $0.name == name } }

    mutating func keep(_ session: PublicSession) {
        kept.append(session)
    }

    mutating func forget(_ session: PublicSession) {
        kept.removeAll { $0 === session }
    }
}
