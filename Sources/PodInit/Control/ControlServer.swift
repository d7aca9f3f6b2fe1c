import CLinux
import Contract
import Linux

/// Everyone who is connected to the control socket.
final class ControlServer {
    /// More than this many clients of one user other than root are turned away.
    static let maximumClientsPerUser = 32

    let listener: MessageSocket
    private(set) var clients: [UInt32: Client] = [:]

    /// Listens at `path`, in place of a socket that an earlier init left there.
    init(path: String) throws(SystemError) {
        if unlink(path) != 0, clinux_errno() != ENOENT { throw SystemError.last("remove the old control socket") }
        listener = try MessageSocket.listen(at: path, backlog: 64)
    }

    func add(_ client: Client, identifier: UInt32) {
        clients[identifier] = client
    }

    func remove(_ identifier: UInt32) {
        clients[identifier] = nil
    }

    func mayConnect(_ uid: uid_t) -> Bool {
        uid == 0 || clients.values.filter { $0.peer.uid == uid }.count < ControlServer.maximumClientsPerUser
    }
}

/// One connection.
final class Client {
    let socket: MessageSocket
    let peer: Peer

    init(_ socket: consuming MessageSocket, peer: Peer) {
        self.socket = socket
        self.peer = peer
    }

    /// Says why not. What the client has asked by now is read, since the kernel would throw our answer away with it.
    func turnAway(_ failure: Failure) {
        reply(.error(failure))
        while let received = try? socket.receive(capacity: 1), case .message = received {}
    }

    /// Answers, if the client still listens: one that does not read loses its answer, and nothing waits for it.
    func reply(_ reply: Reply) {
        try? socket.send(reply.encoded)
    }
}
