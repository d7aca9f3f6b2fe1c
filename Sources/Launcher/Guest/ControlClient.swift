import CLinux
import Contract
import Linux

/// One conversation with `tazpod-init`, or with the ghost that it passes us on to.
struct ControlClient: ~Copyable {
    private let socket: MessageSocket

    /// We are inside a pod.
    static var isInPod: Bool {
        access(PodPaths.controlSocket, F_OK) == 0
    }

    init() throws(Failure) {
        try self.init(path: PodPaths.controlSocket)
    }

    /// From the host, to the pod whose root folder is `root`. No link of the pod's is followed.
    init(root: String) throws(Failure) {
        let name = String(PodPaths.controlSocket.dropFirst())
        let flags = UInt64(O_PATH | O_CLOEXEC)
        let file = try failing(.provider, next: "is the pod still running?") { () throws(SystemError) in
            let folder = try Descriptor.open(root, O_PATH | O_DIRECTORY, stage: "look into the pod")
            return Descriptor(
                owning: try retrying("find the pod's control socket") {
                    clinux_openat2(folder.raw, name, flags, 0, UInt64(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS))
                })
        }
        try self.init(path: "/proc/self/fd/\(file.raw)")
    }

    private init(path: String) throws(Failure) {
        socket = try failing(.provider, next: "is this a pod, and its tazpod-init running?") { () throws(SystemError) in
            try MessageSocket.connect(to: path)
        }
    }

    /// Asks, and waits for the one answer.
    ///
    /// - Parameter sentence: What to say when the other side goes without one.
    func ask(_ request: Message, orElse sentence: String = ControlClient.ended) throws(Failure) -> Message {
        do {
            try socket.send(request.encoded)
        } catch  where error.errno == EPIPE {
            // Turned away before it could ask: the reason waits to be read.
        } catch {
            throw Failure(.provider, error)
        }
        return try answer(orElse: sentence)
    }

    static let ended = "the ghost ended without an answer; the vault is locked"

    /// Sends a request with descriptors, which stay ours too.
    func send(_ request: Message, descriptors: [Int32]) throws(Failure) {
        try failing(.provider) { () throws(SystemError) in try socket.send(request.encoded, descriptors: descriptors) }
    }

    /// The next answer.
    ///
    /// - Throws: what the other side says went wrong; code 4 when it has gone.
    func answer(orElse sentence: String = ControlClient.ended) throws(Failure) -> Message {
        let received = try failing(.provider) { () throws(SystemError) in
            try socket.receive(capacity: Message.maximumLength)
        }
        guard case .message(let message) = received else {
            throw Failure(.vault, sentence)
        }
        switch Reply(parsing: message.bytes) {
        case .ok(let reply): return reply
        case .error(let failure): throw failure
        case nil: throw Failure(.provider, "the pod answers in words of another version; rebuild its image")
        }
    }

    /// Waits for an answer or a signal.
    ///
    /// - Returns: whether an answer, or the end of the conversation, can be read.
    func wait(orSignal signals: borrowing SignalDescriptor) -> Bool {
        var watched = [
            pollfd(fd: socket.descriptor.raw, events: Int16(POLLIN), revents: 0),
            pollfd(fd: signals.descriptor.raw, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&watched, nfds_t(watched.count), -1)
        return watched[0].revents != 0
    }

    /// Passes a signal on to what runs for us.
    func pass(_ signal: Int32) {
        let message = signal == SIGWINCH ? Message("resize") : Message("signal").adding("number", String(signal))
        try? socket.send(message.encoded)
    }
}
