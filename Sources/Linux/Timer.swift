import CLinux

/// Time since boot that setting the clock does not change, in milliseconds (CLOCK_MONOTONIC).
public func monotonicMilliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
}

/// timerfd_create(2): readable once, at a point in time. Disarmed it costs nothing.
public struct Timer: ~Copyable {
    public let descriptor: Descriptor

    public init() throws(SystemError) {
        descriptor = Descriptor(owning: try retrying("make a timer") { clinux_timer_create() })
    }

    /// Fires at `deadline`, in monotonic milliseconds, or never.
    public func arm(at deadline: Int64?) {
        var setting = itimerspec()
        if let deadline {
            // All zero would disarm it.
            let time = max(deadline, 1)
            setting.it_value = timespec(tv_sec: Int(time / 1000), tv_nsec: Int(time % 1000) * 1_000_000)
        }
        _ = timerfd_settime(descriptor.raw, CLINUX_TIMER_ABSOLUTE, &setting, nil)
    }

    /// Takes the event back after it fired.
    public func acknowledge() {
        var expirations: UInt64 = 0
        _ = read(descriptor.raw, &expirations, MemoryLayout<UInt64>.size)
    }
}
