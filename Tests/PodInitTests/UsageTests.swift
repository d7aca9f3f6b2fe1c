import Contract
import Testing

@testable import PodInit

struct UsageTests {
    @Test(
        "The help tells of every option",
        arguments: [
            "-s ", "-g ", "-p SIGNAL", "-w ", "-e CODE", "-v ", "-l ", "-h, --help", "--version", "--probe ready|live",
            "--wait SECONDS", "[--] COMMAND",
        ])
    func options(option: String) {
        #expect(Usage.help.contains(option))
    }

    @Test("Every option that the help lists is one")
    func exist() throws {
        for line in Usage.help.split(separator: "\n") {
            guard let word = line.split(separator: " ").first, line.hasPrefix("  -"), word.hasPrefix("-") else { continue }
            let option = String(word.filter { $0 != "," })
            let value = ["-p": ["TERM"], "-e": ["1"]][option] ?? []
            #expect(throws: Never.self) { try invocation([option] + value + ["ls"]) }
        }
    }

    @Test("The help tells of tini's variables", arguments: ["TINI_SUBREAPER", "TINI_KILL_PROCESS_GROUP", "TINI_VERBOSITY"])
    func variables(name: String) {
        #expect(Usage.help.contains(name))
    }

    @Test("The version is that of all programs")
    func version() {
        #expect(Usage.version == "tazpod-init \(tazpodVersion)")
    }
}
