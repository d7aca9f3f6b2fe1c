import Testing

@testable import Linux

struct WaitStatusTests {
    @Test("Each of the 256 exit statuses is passed on as it is", arguments: Int32(0)...255)
    func exited(status: Int32) {
        #expect(exitStatus(status << 8) == status)
    }

    @Test("A process that a signal ended has 128 and the signal's number", arguments: Int32(1)...64)
    func signaled(signal: Int32) {
        #expect(exitStatus(signal) == 128 + signal)
        // Bit 7 says that there is a core dump.
        #expect(exitStatus(signal | 0x80) == 128 + signal)
    }
}
