import CLinux

/// Who is at the other end of a Unix socket, as the kernel saw it connect (SO_PEERCRED, unix(7)).
public struct Peer: Equatable {
    /// The process, numbered in our PID namespace; 0 when it lives outside of it.
    public var pid: pid_t
    public var uid: uid_t

    public init(pid: pid_t, uid: uid_t) {
        self.pid = pid
        self.uid = uid
    }
}

/// Descriptors that came with a message (SCM_RIGHTS). Those that nobody takes are closed with this value.
public struct ReceivedDescriptors: ~Copyable {
    private var raw: [Int32]

    public init(_ raw: [Int32]) {
        self.raw = raw
    }

    deinit {
        for descriptor in raw where descriptor >= 0 { _ = close(descriptor) }
    }

    public var count: Int { raw.count }

    /// The numbers, to be passed on; they stay this value's.
    public var numbers: [Int32] { raw }

    /// Takes the descriptor at `index` out of this value, or nil if it is not there or was taken before.
    public mutating func take(_ index: Int) -> Descriptor? {
        guard index < raw.count, raw[index] >= 0 else { return nil }
        defer { raw[index] = -1 }
        return Descriptor(owning: raw[index])
    }
}

/// One message as it came in.
@frozen
public struct ReceivedMessage: ~Copyable {
    public var bytes: [UInt8]
    public var descriptors: ReceivedDescriptors
    /// The sender's message, or its list of descriptors, was larger than we take.
    public var truncated: Bool
}

/// Memory for what comes in, for those who receive often: of its pages only those exist that a message has reached.
public struct MessageBuffer: ~Copyable {
    fileprivate let memory: UnsafeMutableRawBufferPointer

    public init(capacity: Int) {
        memory = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 1)
    }

    deinit {
        memory.deallocate()
    }
}

/// What a read of a message socket brought.
public enum Received: ~Copyable {
    case message(ReceivedMessage)
    case nothingYet
    case closed
}

/// A connected or listening SOCK_SEQPACKET Unix socket: whole messages, with descriptors alongside.
public struct MessageSocket: ~Copyable {
    public var descriptor: Descriptor

    public init(owning descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// A non-blocking listener at `path`, which must not exist, open to everybody: the peer's uid decides.
    public static func listen(at path: String, backlog: Int32) throws(SystemError) -> MessageSocket {
        let socket = try make(nonBlocking: true)
        try retrying("bind the control socket") { clinux_bind_unix(socket.descriptor.raw, path) }
        try retrying("open the control socket to all users") { chmod(path, 0o666) }
        try retrying("listen on the control socket") { CLinux.listen(socket.descriptor.raw, backlog) }
        return socket
    }

    /// Connects to the listener at `path`.
    public static func connect(to path: String) throws(SystemError) -> MessageSocket {
        let socket = try make(nonBlocking: false)
        try retrying("connect to the control socket") { clinux_connect_unix(socket.descriptor.raw, path) }
        return socket
    }

    private static func make(nonBlocking: Bool) throws(SystemError) -> MessageSocket {
        MessageSocket(
            owning: Descriptor(owning: try retrying("make a socket") { clinux_seqpacket_socket(nonBlocking) }))
    }

    /// The next client, non-blocking, or nil when none waits.
    public func accept() throws(SystemError) -> MessageSocket? {
        let raw = clinux_accept(descriptor.raw)
        if raw >= 0 { return MessageSocket(owning: Descriptor(owning: raw)) }
        let errno = clinux_errno()
        if errno == EAGAIN || errno == EINTR || errno == ECONNABORTED { return nil }
        throw SystemError("accept a client", errno: errno)
    }

    public func peer() throws(SystemError) -> Peer {
        var peer = clinux_peer()
        try retrying("ask who the client is") { clinux_peer_credentials(descriptor.raw, &peer) }
        return Peer(pid: peer.pid, uid: peer.uid)
    }

    /// Sends one message. The descriptors stay the caller's.
    ///
    /// - Throws: EAGAIN when the receiver's queue is full and the socket is non-blocking, EPIPE when it has gone.
    public func send(_ bytes: [UInt8], descriptors: [Int32] = []) throws(SystemError) {
        try retrying("send a message") {
            bytes.withUnsafeBytes { buffer -> Int in
                guard let base = buffer.baseAddress else { return 0 }
                return descriptors.withUnsafeBufferPointer {
                    clinux_send(descriptor.raw, base, buffer.count, $0.baseAddress, Int32($0.count), 0)
                }
            }
        }
    }

    /// Receives one message of up to `capacity` bytes.
    ///
    /// - Returns: `.nothingYet` when the socket is non-blocking and nothing is queued.
    public func receive(capacity: Int) throws(SystemError) -> Received {
        try receive(by: MessageBuffer(capacity: capacity))
    }

    /// Receives one message, of up to the buffer's size, by way of `buffer`.
    public func receive(by buffer: borrowing MessageBuffer) throws(SystemError) -> Received {
        guard let base = buffer.memory.baseAddress else { return .closed }
        var wasReset = false
        while true {
            var result = clinux_receive(descriptor.raw, base, buffer.memory.count, 0)
            if result.length < 0 {
                let errno = clinux_errno()
                if errno == EINTR { continue }
                if errno == EAGAIN { return .nothingYet }
                // Told once, and before what is queued, when the other side left without reading all of ours.
                if errno == ECONNRESET && !wasReset {
                    wasReset = true
                    continue
                }
                if errno == ECONNRESET { return .closed }
                throw SystemError("receive a message", errno: errno)
            }
            let count = Int(result.descriptor_count)
            let numbers = withUnsafeBytes(of: &result.descriptors) { Array($0.bindMemory(to: Int32.self).prefix(count)) }
            if result.length == 0 && numbers.isEmpty { return .closed }
            return .message(
                ReceivedMessage(
                    bytes: Array(buffer.memory[0..<result.length]), descriptors: ReceivedDescriptors(numbers),
                    truncated: result.truncated))
        }
    }
}

/// Two connected ends of a message socket, close-on-exec.
public struct MessageSocketPair: ~Copyable {
    public var ours: MessageSocket
    public var theirs: MessageSocket

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try retrying("make a socket pair") {
            ends.withUnsafeMutableBufferPointer { clinux_seqpacket_pair($0.baseAddress) }
        }
        ours = MessageSocket(owning: Descriptor(owning: ends[0]))
        theirs = MessageSocket(owning: Descriptor(owning: ends[1]))
    }

    /// Closes the end that another process has by now.
    public consuming func keepOurs() -> MessageSocket {
        ours
    }
}
