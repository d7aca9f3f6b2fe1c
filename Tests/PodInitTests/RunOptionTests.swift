import CLinux
import Testing

@testable import PodInit

struct RunOptionTests {
    @Test(
        "Each switch sets what it says and nothing else",
        arguments: [
            ("-s", Switch(isSubreaper: true)), ("-g", Switch(signalsGroup: true)), ("-w", Switch(warnsOnReap: true)),
            ("-v", Switch(verbosity: 2)), ("-vv", Switch(verbosity: 3)), ("-vvv", Switch(verbosity: 4)),
            ("-sgwv", Switch(isSubreaper: true, signalsGroup: true, warnsOnReap: true, verbosity: 2)),
        ])
    func switches(word: String, expected: Switch) throws {
        let result = try options([word, "ls"])
        #expect(Switch(result) == expected)
        #expect(result.parentDeathSignal == nil)
        #expect(result.expectedStatuses.isEmpty)
    }

    struct Switch: Equatable {
        var isSubreaper = false
        var signalsGroup = false
        var warnsOnReap = false
        var verbosity = 1
    }

    @Test(
        "The signal of the parent's death is told by name or number, in the next word or at once",
        arguments: [
            (["-p", "TERM"], SIGTERM), (["-p", "SIGKILL"], SIGKILL), (["-p", "1"], SIGHUP), (["-pINT"], SIGINT),
            (["-p9"], SIGKILL), (["-gvp", "USR1"], SIGUSR1), (["-gvpUSR2"], SIGUSR2), (["-p", "TERM", "-p", "HUP"], SIGHUP),
        ])
    func parentDeath(line: [String], signal: Int32) throws {
        #expect(try options(line + ["ls"]).parentDeathSignal == signal)
    }

    @Test(
        "Statuses that count as success are collected",
        arguments: [
            (["-e", "0"], [0]), (["-e", "255"], [255]), (["-e143"], [143]), (["-e", "1", "-e", "2", "-e3"], [1, 2, 3]),
            (["-ge", "7"], [7]),
        ] as [([String], [Int32])])
    func expectedStatuses(line: [String], statuses: [Int32]) throws {
        #expect(try options(line + ["ls"]).expectedStatuses == statuses)
    }

    @Test("An option's value may look like an option")
    func valueWithDash() {
        let error = #expect(throws: InitFailure.self) { try invocation(["-e", "-1", "ls"]) }
        #expect(error?.sentence.contains("not -1") == true)
    }

    @Test("tini's variables stand in for options, and options add to them")
    func environment() throws {
        let all = InitEnvironment(isSubreaper: true, signalsGroup: true, verbosity: "3")
        #expect(
            try RunOptionTests.Switch(options(["ls"], environment: all))
                == Switch(isSubreaper: true, signalsGroup: true, verbosity: 3))
        #expect(try options(["-v", "ls"], environment: InitEnvironment(verbosity: "0")).verbosity == 1)
    }

    @Test("A verbosity that is no number is an error, whatever else is asked", arguments: ["", "-1", "loud", "1x"])
    func badVerbosity(text: String) {
        for line in [[], ["ls"], ["--help"]] as [[String]] {
            let error = #expect(throws: InitFailure.self) {
                try invocation(line, environment: InitEnvironment(verbosity: text))
            }
            #expect(error?.status == 1)
            #expect(error?.sentence.hasPrefix("TINI_VERBOSITY is \(text);") == true)
        }
    }
}

extension RunOptionTests.Switch {
    init(_ options: RunOptions) {
        self.init(
            isSubreaper: options.isSubreaper, signalsGroup: options.signalsGroup, warnsOnReap: options.warnsOnReap,
            verbosity: options.verbosity)
    }
}
