import CLinux
import Testing

@testable import Linux

struct SignalTests {
    private static let faults = [SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS]

    private func members(_ set: SignalSet) -> [Int32] {
        SignalNumbers.all.filter { set.contains($0) }
    }

    @Test("A new set is empty")
    func empty() {
        #expect(members(SignalSet()).isEmpty)
    }

    @Test("A set has the signals that it is made of")
    func of() {
        #expect(members(.of([SIGTERM, SIGHUP])) == [SIGHUP, SIGTERM])
    }

    @Test("All but faults leaves out what a fault raises, and nothing else: not what a C library keeps for itself either")
    func allButFaults() {
        let expected = (1...64).filter { !SignalTests.faults.contains($0) }
        #expect(members(.allButFaults) == expected)
    }

    @Test("A number that is no signal's changes nothing", arguments: [0, -1, 65, Int32.max, Int32.min])
    func noSignal(number: Int32) {
        var set = SignalSet.of([number])
        #expect(set == SignalSet())
        set.remove(number)
        #expect(!set.contains(number))
    }

    @Test("Setting a mask returns the one before, which can be put back")
    func mask() throws {
        let before = try SignalSet.of([SIGUSR1]).setAsMask()
        let mine = try SignalSet.of([SIGUSR2]).setAsMask()
        let theirs = try before.setAsMask()
        #expect(members(mine) == [SIGUSR1])
        #expect(members(theirs) == [SIGUSR2])
        let now = try before.setAsMask()
        #expect(members(now) == members(before))
    }

    @Test("A blocked signal is read as a record, once")
    func descriptor() throws {
        let set = SignalSet.of([SIGUSR2])
        let before = try set.setAsMask()
        let signals = try SignalDescriptor(set)
        let early = signals.next()?.ssi_signo
        // raise(3) sends it to this thread, which alone has it blocked.
        raise(SIGUSR2)
        let first = signals.next()?.ssi_signo
        let second = signals.next()?.ssi_signo
        try before.setAsMask()
        #expect(early == nil)
        #expect(first == UInt32(SIGUSR2))
        #expect(second == nil)
        #expect(clinux_fcntl(signals.descriptor.raw, F_GETFD, 0) == FD_CLOEXEC)
    }
}
