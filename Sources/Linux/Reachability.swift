import CLinux

/// Whether somebody listens at the Unix socket `path`, of whichever type it is. Never waits.
public func takesConnections(unixSocket path: String) -> Bool {
    for type in [CLINUX_STREAM, CLINUX_SEQPACKET, CLINUX_DATAGRAM] {
        let raw = clinux_socket(AF_UNIX, type)
        if raw < 0 { return false }
        let socket = Descriptor(owning: raw)
        if clinux_connect_unix(socket.raw, path) == 0 { return true }
        // Full is a listener's answer too.
        if clinux_errno() == EAGAIN { return true }
        if clinux_errno() != EPROTOTYPE { return false }
    }
    return false
}

private let longestConnectMilliseconds: Int32 = 5

/// Whether somebody listens at a TCP port of the loopback addresses. There, a connection is made or refused within microseconds;
/// only a listener that does not keep up makes it last, and then it is not waited for.
public func takesConnections(loopbackPort port: UInt16) -> Bool {
    for family in [AF_INET, AF_INET6] {
        let raw = clinux_socket(family, CLINUX_STREAM)
        if raw < 0 { continue }
        let socket = Descriptor(owning: raw)
        if clinux_connect_loopback(socket.raw, family, port) == 0 { return true }
        if clinux_errno() != EINPROGRESS { continue }
        var watched = pollfd(fd: socket.raw, events: Int16(POLLOUT), revents: 0)
        if poll(&watched, 1, longestConnectMilliseconds) == 1, watched.revents & Int16(POLLERR | POLLHUP) == 0 { return true }
    }
    return false
}
