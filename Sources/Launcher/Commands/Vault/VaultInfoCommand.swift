import ArgumentParser
import Contract

struct VaultInfoCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Say what the vault is: cipher, sizes, keys and tokens. Nothing of it is secret.",
        discussion: "Example: tazpod vault info --json")

    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        // Before we ask: a keeper that only answers us has a state too.
        let vault = try PodStatus.ofThisPod().vault
        let facts = VaultFacts(try VaultClient(action: "info").run(), vault: vault)
        if options.json { Console.printJSON(facts) } else { Console.printLine(facts.lines) }
    }

    func run() async throws {
        try await HostVault(options).become(["info"] + options.passedOn)
    }
}

struct VaultCheckCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Look for damage in the vault, and change nothing.",
        discussion: """
            Both copies of the header, the key slots, how costly guessing is, and room on the disk. With --full, or a \
            passphrase, the file system in the locked vault too. Damage ends with status 6, and is named with the command \
            that mends it.

            Example: tazpod vault check --full
            """)

    @Flag(help: "Ask for the passphrase, and check the file system too.")
    var full = false

    @OptionGroup var key: KeyOptions
    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        let findings = VaultFindings(
            try VaultClient(action: "check", passphrase: key.origin, fields: full ? [("full", "1")] : []).run())
        if options.json { Console.printJSON(findings) } else { Console.printLine(findings.lines) }
        if findings.isDamaged { throw PassedStatus(ExitCode.vault.rawValue) }
    }

    func run() async throws {
        try await HostVault(options).become(["check"] + (full ? ["--full"] : []) + options.passedOn, passphrase: key.origin)
    }
}
