import CLinux
import Contract
import Linux

/// A request of the control socket, as far as `tazpod-init` looks into it.
enum Request: Equatable {
    case status
    case sessions
    /// tmux says that a session ended: one that is kept is made again.
    case ensureSession(Name)
    /// Makes a session, and keeps it.
    case createSession(Name)
    case endSession(Name)
    case probe(ProbeKind)
    /// The services, from a place in their order on.
    case services(from: Int)
    /// What a service printed last.
    case logs(Name)
    /// Reads the service files again.
    case reload
    /// Tries the vault's drivers.
    case doctor
    case stop
    /// For the ghost's keeper, which reads the rest of the message itself.
    case ghost(GhostVerb)

    enum GhostVerb: Equatable {
        case unlock, lock, attach, exec, vault
    }

    /// Reads a request.
    ///
    /// - Throws: code 2 when it is none.
    static func parse(_ message: Message) throws(Failure) -> Request {
        if message.isWord("status") { return .status }
        if message.isWord("sessions") { return .sessions }
        if message.isWord("stop") { return .stop }
        if message.isWord("reload") { return .reload }
        if message.isWord("doctor") { return .doctor }
        if message.isWord("services") { return .services(from: Int(max(message.number("from") ?? 0, 0))) }
        if message.isWord("logs") {
            guard let name = message.bytes("service").flatMap({ Name($0) }) else {
                throw Failure(.usage, "logs needs the name of a service")
            }
            return .logs(name)
        }
        if message.isWord("unlock") { return .ghost(.unlock) }
        if message.isWord("lock") { return .ghost(.lock) }
        if message.isWord("attach") { return .ghost(.attach) }
        if message.isWord("exec") { return .ghost(.exec) }
        if message.isWord("vault") { return .ghost(.vault) }
        if message.isWord("probe") {
            let kind = message.text("kind") ?? "live"
            if sameText(kind, "live") { return .probe(.live) }
            if sameText(kind, "ready") { return .probe(.ready) }
            throw Failure(.usage, "a probe is of kind ready or live")
        }
        if message.isWord("ensure-session") { return .ensureSession(try sessionName(message)) }
        if message.isWord("create-session") { return .createSession(try sessionName(message)) }
        if message.isWord("end-session") { return .endSession(try sessionName(message)) }
        throw Failure(.usage, "the control socket has no such request")
    }

    private static func sessionName(_ message: Message) throws(Failure) -> Name {
        // tmux reads a dot as the beginning of a window's name.
        guard let name = message.bytes("name").flatMap({ Name($0) }), !name.bytes.contains(UInt8(ascii: ".")) else {
            throw Failure(.usage, "a session's name has up to 64 letters, digits, _ and -")
        }
        return name
    }

    /// Who may ask: root anything; the workspace user what concerns the user's own work; nobody else more than a probe.
    ///
    /// Opening a vault takes its passphrase, and entering a ghost takes proof, whoever asks.
    func check(_ peer: Peer, workspaceUID: uid_t) throws(Failure) {
        if peer.uid == 0 { return }
        switch self {
        case .probe: return
        case .status, .sessions, .ensureSession, .createSession, .endSession, .services, .logs, .reload, .doctor, .ghost:
            if peer.uid == workspaceUID { return }
        case .stop: break
        }
        throw Failure(.refused, "uid \(peer.uid) may not ask the pod for this; ask as root or as the workspace user")
    }
}
