import ArgumentParser

struct VaultSaveCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Save a vault in memory (driver ram) into its image now.",
        discussion: """
            Such a vault is also saved when it is locked, when the pod stops, and every vault: save_every: while something \
            changes. The other drivers write at once and need no saving.

            Example: tazpod vault save
            """)

    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        let answer = try VaultClient(action: "save").run()
        if options.quiet { return }
        switch answer.text("save") {
        case "saved": Console.printLine("The vault is saved.")
        case "unchanged": Console.printLine("Nothing changed since the last save.")
        default: Console.printLine("The driver \(answer.text("driver") ?? "in use") writes at once: nothing needs saving.")
        }
    }

    func run() async throws {
        try await HostVault(options).become(["save"] + options.passedOn)
    }
}
