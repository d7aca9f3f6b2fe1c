import CLinux

/// epoll(7), level-triggered. `Token` says whose descriptor became ready.
public struct Epoll: ~Copyable {
    private let descriptor: Descriptor

    /// What a descriptor is watched for.
    public enum Interest {
        case reading
        case writing
        /// Only that the other end hangs up.
        case hangup
    }

    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try retrying("make an epoll instance") { clinux_epoll_create() })
    }

    /// Watches `raw`, which must outlive the watch, under `token`.
    public func add(_ raw: Int32, token: UInt64, for interest: Interest = .reading) throws(SystemError) {
        try control(EPOLL_CTL_ADD, raw, token, interest)
    }

    /// Changes what `raw` is watched for.
    public func change(_ raw: Int32, token: UInt64, for interest: Interest) throws(SystemError) {
        try control(EPOLL_CTL_MOD, raw, token, interest)
    }

    /// Stops watching `raw`. It is an error nobody can act on if it was not watched.
    public func remove(_ raw: Int32) {
        var event = epoll_event()
        _ = epoll_ctl(descriptor.raw, EPOLL_CTL_DEL, raw, &event)
    }

    private func control(_ operation: Int32, _ raw: Int32, _ token: UInt64, _ interest: Interest) throws(SystemError) {
        var event = epoll_event()
        event.events =
            switch interest {
            case .reading: CLINUX_EPOLLIN
            case .writing: CLINUX_EPOLLOUT
            case .hangup: CLINUX_EPOLLRDHUP
            }
        event.data.u64 = token
        try retrying("watch a descriptor") { epoll_ctl(descriptor.raw, operation, raw, &event) }
    }

    /// Waits without end, or for `milliseconds`, and returns the tokens that became ready; none when a signal came first.
    public func wait(milliseconds: Int32 = -1) throws(SystemError) -> [UInt64] {
        let capacity = 64
        return try withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: capacity) {
            events throws(SystemError) -> [UInt64] in
            let count = epoll_wait(descriptor.raw, events.baseAddress, Int32(capacity), milliseconds)
            if count < 0 {
                if clinux_errno() == EINTR { return [] }
                throw SystemError.last("wait for events")
            }
            return events[0..<Int(count)].map { $0.data.u64 }
        }
    }
}
