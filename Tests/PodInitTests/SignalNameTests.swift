import CLinux
import Testing

@testable import PodInit

struct SignalNameTests {
    /// signal(7), for x86 and ARM.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM",
        "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR",
        "SYS",
    ]

    @Test("Every signal is known by its name, with and without SIG", arguments: zip(names, Int32(1)...31))
    func byName(name: String, number: Int32) {
        #expect(SignalName.number(name) == number)
        #expect(SignalName.number("SIG" + name) == number)
    }

    @Test("Every signal is known by its number, real-time ones too", arguments: Int32(1)...64)
    func byNumber(number: Int32) {
        #expect(SignalName.number(String(number)) == number)
    }

    @Test(
        "What is no signal is none",
        arguments: [
            "", "0", "-1", "65", "999999999999", "term", "SIGterm", "SIG", "SIGSIGTERM", "SIG15", "TERM ", " 15", "TER", "TERMS",
        ])
    func unknown(text: String) {
        #expect(SignalName.number(text) == nil)
    }
}
