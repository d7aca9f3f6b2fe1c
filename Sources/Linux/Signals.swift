import CLinux

/// A set of signal numbers, as sigprocmask(2) takes it.
public struct SignalSet: Sendable {
    public var raw = sigset_t()

    /// The empty set.
    public init() {
        sigemptyset(&raw)
    }

    /// Every signal, but those that a kernel-found fault raises in the thread that made it (signal(7)): blocking them
    /// would turn a crash into a silent kill.
    public static var allButFaults: SignalSet {
        var set = SignalSet()
        sigfillset(&set.raw)
        for fault in [SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS] { sigdelset(&set.raw, fault) }
        return set
    }

    public static func of(_ signals: [Int32]) -> SignalSet {
        var set = SignalSet()
        for signal in signals { sigaddset(&set.raw, signal) }
        return set
    }

    /// The mask of this thread.
    public static var current: SignalSet {
        var set = SignalSet()
        sigprocmask(SIG_BLOCK, nil, &set.raw)
        return set
    }

    /// Replaces this thread's signal mask, and returns the one it had.
    @discardableResult
    public func setAsMask() throws(SystemError) -> SignalSet {
        var old = SignalSet()
        var new = raw
        try retrying("set the signal mask") { sigprocmask(SIG_SETMASK, &new, &old.raw) }
        return old
    }
}

/// signalfd(2): blocked signals, read as records. Non-blocking.
public struct SignalDescriptor: ~Copyable {
    public let descriptor: Descriptor

    /// The signals of `set` must be blocked already.
    public init(_ set: SignalSet) throws(SystemError) {
        var raw = set.raw
        descriptor = Descriptor(
            owning: try retrying("make a signal descriptor") { clinux_signal_descriptor(&raw) })
    }

    /// The next pending signal, or nil.
    public func next() -> signalfd_siginfo? {
        var record = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        return read(descriptor.raw, &record, size) == size ? record : nil
    }
}
