import CLinux

/// A set of signal numbers, as the kernel has it: bit n-1 stands for signal n.
public struct SignalSet: Sendable, Equatable {
    public var raw: UInt64

    /// The empty set.
    public init() {
        raw = 0
    }

    /// Every signal.
    public static var all: SignalSet {
        var set = SignalSet()
        set.raw = UInt64.max
        return set
    }

    /// Every signal, but those that a kernel-found fault raises in the thread that made it (signal(7)): blocking them
    /// would turn a crash into a silent kill.
    public static var allButFaults: SignalSet {
        var set = SignalSet()
        for number in SignalNumbers.all { set.insert(number) }
        for fault in [SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS] { set.remove(fault) }
        return set
    }

    public static func of(_ signals: [Int32]) -> SignalSet {
        var set = SignalSet()
        for signal in signals { set.insert(signal) }
        return set
    }

    /// A number that is no signal's changes nothing.
    public mutating func insert(_ number: Int32) {
        raw |= SignalSet.bit(number)
    }

    public mutating func remove(_ number: Int32) {
        raw &= ~SignalSet.bit(number)
    }

    public func contains(_ number: Int32) -> Bool {
        raw & SignalSet.bit(number) != 0
    }

    private static func bit(_ number: Int32) -> UInt64 {
        SignalNumbers.all.contains(number) ? 1 << UInt64(number - 1) : 0
    }

    /// The mask of this thread.
    public static var current: SignalSet {
        var set = SignalSet()
        _ = clinux_set_signal_mask(nil, &set.raw)
        return set
    }

    /// Those that are blocked and have come.
    public static var pending: SignalSet {
        var set = SignalSet()
        _ = clinux_pending_signals(&set.raw)
        return set
    }

    /// Replaces this thread's signal mask, and returns the one it had.
    @discardableResult
    public func setAsMask() throws(SystemError) -> SignalSet {
        var old = SignalSet()
        var new = raw
        try retrying("set the signal mask") { clinux_set_signal_mask(&new, &old.raw) }
        return old
    }

    /// Waits until one of the signals, which must be blocked, is pending, and takes it.
    ///
    /// - Returns: nil when the wait was interrupted.
    public func wait() -> ReceivedSignal? {
        var set = raw
        var information = siginfo_t()
        return clinux_wait_for_signal(&set, &information) > 0 ? ReceivedSignal(information) : nil
    }

    /// Takes one of the signals that is pending already; nil when none is.
    public func take() -> ReceivedSignal? {
        var set = raw
        var information = siginfo_t()
        return clinux_take_signal(&set, &information) > 0 ? ReceivedSignal(information) : nil
    }
}

/// A signal that was taken, and who sent it.
public struct ReceivedSignal {
    private var information: siginfo_t

    fileprivate init(_ information: siginfo_t) {
        self.information = information
    }

    public var number: Int32 { information.si_signo }

    /// Who sent it with kill(2); 0 when that is outside of our PID namespace.
    public var sender: pid_t {
        var copy = information
        return clinux_signal_sender(&copy)
    }

    /// Sends it on as `number`, to a process or with a negative number to a process group; a process also gets the value that
    /// sigqueue(3) gave it. 0, or -1 with errno.
    public func send(to target: pid_t, as number: Int32) -> Int32 {
        var copy = information
        if target > 0, clinux_pass_on_value(target, number, &copy) == 0 { return 0 }
        return kill(target, number)
    }
}

/// The kernel's signal numbers.
public enum SignalNumbers {
    public static let all: ClosedRange<Int32> = 1...64
    /// What a terminal stops a process with: SIGTSTP, SIGTTIN and SIGTTOU.
    public static let terminalStops: ClosedRange<Int32> = SIGTSTP...SIGTTOU
    /// SIGRTMIN as systemd and the engines count it, which is glibc's; another C library may say otherwise.
    public static let realTimeMinimum: Int32 = 34
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
