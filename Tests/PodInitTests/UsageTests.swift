import Contract
import Testing

@testable import PodInit

struct UsageTests {
    private static let dialects: [Dialect] = [.own, .tini, .dumbInit, .catatonit]

    @Test("The help of each dialect tells of every option that is not for our own use", arguments: dialects)
    func options(dialect: Dialect) {
        let help = Usage.help(dialect)
        for option in CommandLineOption.all where option.owners.contains(dialect.owner) && option.help != nil {
            if let long = option.long { #expect(help.contains(long)) }
            if let short = option.short { #expect(help.contains(short)) }
        }
    }

    @Test("The help tells of the probe and of a command", arguments: ["--probe ready|live", "--wait SECONDS", "[--] COMMAND"])
    func own(text: String) {
        #expect(Usage.help(.own).contains(text))
    }

    @Test("The help tells of tini's variables", arguments: ["TINI_SUBREAPER", "TINI_KILL_PROCESS_GROUP", "TINI_VERBOSITY"])
    func variables(name: String) {
        #expect(Usage.help(.own).contains(name))
    }

    @Test("Every line of a help is short enough for a terminal", arguments: dialects)
    func width(dialect: Dialect) {
        for line in Usage.help(dialect).split(separator: "\n") { #expect(line.count <= 120) }
    }

    @Test("The version is that of all programs, and docker can read it under tini's name")
    func version() {
        #expect(Dialect.own.version == "tazpod-init \(tazpodVersion)")
        #expect(Dialect.tini.version.hasPrefix("tini version "))
    }

    @Test(
        "The name that we were started by chooses the dialect",
        arguments: [
            ("/usr/bin/tini", .tini), ("docker-init", .tini), ("dumb-init", .dumbInit), ("./catatonit", .catatonit),
            ("tazpod-init", .own),
            ("", .own), ("tini.sh", .own),
        ] as [(String, Dialect)])
    func names(name: String, dialect: Dialect) {
        #expect(Dialect.named([UInt8](name.utf8)) == dialect)
    }
}
