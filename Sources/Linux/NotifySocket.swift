import CLinux

/// sd_notify(3)'s socket: datagrams of NAME=value lines.
public struct NotifySocket: ~Copyable {
    /// The longest datagram that is read.
    public static let maximumLength = 4096

    public let descriptor: Descriptor

    /// A non-blocking receiver at `path`, in place of an older one, open to everybody: who sends is known by credentials.
    public init(receivingAt path: String) throws(SystemError) {
        let socket = Descriptor(owning: try retrying("make a notify socket") { clinux_socket(AF_UNIX, CLINUX_DATAGRAM) })
        let raw = socket.raw
        if unlink(path) != 0, clinux_errno() != ENOENT { throw SystemError.last("remove the old notify socket") }
        try retrying("bind the notify socket") { clinux_bind_unix(raw, path) }
        try retrying("open the notify socket to all users") { chmod(path, 0o666) }
        try retrying("ask for the senders of notifications") { clinux_ask_for_credentials(raw) }
        descriptor = socket
    }

    /// The next notification and its sender's pid, or nil. Descriptors that came along are closed, which is what a sender that
    /// waits for its notifications to be read (sd_notify_barrier(3)) waits for.
    public func next() -> (text: [UInt8], pid: pid_t)? {
        withUnsafeTemporaryAllocation(byteCount: NotifySocket.maximumLength, alignment: 1) { buffer -> ([UInt8], pid_t)? in
            guard let base = buffer.baseAddress else { return nil }
            var received = clinux_receive(descriptor.raw, base, buffer.count, 0)
            if received.length < 0 { return nil }
            let count = Int(received.descriptor_count)
            let numbers = withUnsafeBytes(of: &received.descriptors) { Array($0.bindMemory(to: Int32.self).prefix(count)) }
            _ = ReceivedDescriptors(numbers)
            return (Array(buffer[0..<received.length]), received.sender.pid)
        }
    }

    /// Tells whoever manages us, if they gave us a NOTIFY_SOCKET: a path, or with `@` a name in the abstract namespace.
    public static func tell(_ text: String, at address: String) {
        let raw = clinux_socket(AF_UNIX, CLINUX_DATAGRAM)
        if raw < 0 { return }
        let socket = Descriptor(owning: raw)
        guard clinux_connect_unix(socket.raw, address) == 0 else { return }
        let bytes = [UInt8](text.utf8)
        _ = bytes.withUnsafeBytes { buffer in buffer.baseAddress.map { clinux_send(socket.raw, $0, buffer.count, nil, 0, 0) } }
    }
}
