import CLinux
import TestSupport
import Testing

@testable import Linux

/// Signals, privileges and ids of a child, as the kernel tells them.
struct SpawnStateTests {
    private func bit(_ signal: Int32) -> UInt64 { 1 << UInt64(signal - 1) }

    private func number(_ text: String?) throws -> UInt64 {
        try #require(text.flatMap { UInt64($0, radix: 16) })
    }

    @Test("A child blocks the signals of its plan and no other", arguments: [[], [SIGTERM], [SIGHUP, SIGUSR1]] as [[Int32]])
    func mask(signals: [Int32]) throws {
        let status = try childStatus { $0.signalMask = .of(signals) }
        #expect(try number(status.field("SigBlk")) == signals.reduce(0) { $0 | bit($1) })
    }

    @Test("A signal that we ignore is the default's again in a child, unless the plan says otherwise")
    func ignored() throws {
        #expect(clinux_signal_ignore(SIGTTOU) == 0)
        defer { _ = clinux_signal_default(SIGTTOU) }
        let fresh = try number(childStatus().field("SigIgn"))
        let inherited = try number(childStatus { $0.ignoredSignals = .inherited }.field("SigIgn"))
        #expect(fresh == 0)
        #expect(inherited & bit(SIGTTOU) != 0)
    }

    @Test("A child has our privileges when the plan says nothing")
    func privileges() throws {
        let ours = try readFile("/proc/self/status", stage: "read our status")
        let own = Finished(status: 0, output: String(decoding: ours, as: UTF8.self))
        let child = try childStatus()
        for field in ["CapBnd", "CapPrm", "CapEff", "NoNewPrivs", "Uid", "Gid", "Groups"] {
            #expect(child.field(field) == own.field(field))
        }
    }

    @Test("A child without privileges gains none from a setuid program")
    func noPrivileges() throws {
        #expect(try childStatus { $0.privileges = .none }.field("NoNewPrivs") == "1")
    }

    @Test("A child without privileges has an empty bounding set", .enabled(if: Requirement.root, "needs root"))
    func emptyBoundingSet() throws {
        let status = try childStatus { $0.privileges = .none }
        for field in ["CapBnd", "CapPrm", "CapEff"] { #expect(try number(status.field(field)) == 0) }
    }

    @Test("A child keeps the one capability of its plan", .enabled(if: Requirement.root, "needs root"))
    func oneCapability() throws {
        let status = try childStatus { $0.privileges = .only(UInt(1)) }  // CAP_DAC_OVERRIDE
        for field in ["CapBnd", "CapPrm", "CapEff"] { #expect(try number(status.field(field)) == 2) }
        #expect(status.field("NoNewPrivs") == "1")
    }

    @Test("A child has every id and group of its account, and none of ours", .enabled(if: Requirement.root, "needs root"))
    func account() throws {
        let account = Account(name: "somebody", uid: 61_000, gid: 61_001, home: "/", shell: "", groups: [61_001, 61_002])
        let status = try childStatus { $0.account = account }
        #expect(status.field("Uid") == "61000 61000 61000 61000")
        #expect(status.field("Gid") == "61001 61001 61001 61001")
        #expect(status.field("Groups") == "61001 61002")
        #expect(try number(status.field("CapEff")) == 0)
    }

    @Test("A child that cannot become its account runs nothing")
    func notPossible() {
        // More groups than the kernel takes, also from root.
        let groups = [gid_t](repeating: 61_001, count: 65_537)
        let account = Account(name: "somebody", uid: 61_000, gid: 61_001, home: "/", shell: "", groups: groups)
        let error = #expect(throws: SystemError.self) { try childStatus { $0.account = account } }
        #expect(error?.stage == "become the user")
    }
}
