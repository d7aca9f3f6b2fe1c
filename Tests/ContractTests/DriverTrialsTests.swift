import Testing

@testable import Contract

struct DriverTrialsTests {
    private var trials: DriverTrials {
        var trials = DriverTrials(configured: "auto")
        trials.outcomes = [
            DriverTrials.Outcome(choice: "auto", driver: "fuse"),
            DriverTrials.Outcome(choice: "dmcrypt", problem: "no = sign, \"x\""),
        ]
        trials.nodes = ["/dev/fuse": .usable, "/dev/mapper/control": .absent]
        trials.kernelFeatures = ["fuse", "ext4"]
        trials.lockableMemory = 8 << 20
        trials.swaps = ["/dev/sda2", "/swapfile"]
        trials.userNamespaces = 0
        trials.isInUserNamespace = true
        return trials
    }

    @Test("An answer is read as it was written")
    func roundTrip() throws {
        let message = try #require(Message(parsing: trials.message.encoded))
        #expect(DriverTrials(message) == trials)
    }

    @Test("What is not there stays unknown")
    func nothing() throws {
        let message = try #require(Message(parsing: [UInt8]("ok\0configured=fuse".utf8)))
        #expect(DriverTrials(message) == DriverTrials(configured: "fuse"))
    }

    @Test(
        "An answer of another form is none",
        arguments: [
            "ok", "ok\0configured=auto\0choice=fuse", "ok\0configured=auto\0choice=a\0driver=b", "ok\0configured=a\0path=/x",
        ])
    func otherForms(text: String) throws {
        #expect(DriverTrials(try #require(Message(parsing: [UInt8](text.utf8)))) == nil)
    }
}
