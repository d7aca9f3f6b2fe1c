import ArgumentParser
import CLinux
import Contract

struct VaultPasswdCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "passwd", abstract: "Change a passphrase.",
        discussion: """
            The key slot that the old passphrase opens gets the new one; other keys stay. The old passphrase is wiped once the \
            new one works.

            Example: tazpod vault passwd
            """)

    @OptionGroup var key: KeyOptions
    @OptionGroup var new: NewKeyOptions
    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        let answer = try VaultClient(action: "passwd", passphrase: key.origin, second: new.origin).run()
        options.log.notice("the passphrase of slot \(answer.text("slot") ?? "?") is changed")
    }

    func run() async throws {
        try await HostVault(options).become(["passwd"] + options.passedOn, passphrase: key.origin, second: new.origin)
    }
}

struct VaultAddKeyCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "add-key", abstract: "Add a passphrase or a key file that opens the vault too.",
        discussion: "Example: tazpod vault add-key --new-key-file ~/vault.key")

    @OptionGroup var key: KeyOptions
    @OptionGroup var new: NewKeyOptions
    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        let answer = try VaultClient(action: "add-key", passphrase: key.origin, second: new.origin).run()
        options.log.notice("slot \(answer.text("slot") ?? "?") has the new key")
    }

    func run() async throws {
        try await HostVault(options).become(["add-key"] + options.passedOn, passphrase: key.origin, second: new.origin)
    }
}

struct VaultRemoveKeyCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "remove-key", abstract: "Remove a key: by its slot, or by the passphrase itself.",
        discussion: """
            It takes another key's passphrase as proof, so that the last one always stays.

            Example: tazpod vault remove-key --slot 2
            """)

    @Option(help: ArgumentHelp("The slot to wipe, as tazpod vault info numbers them.", valueName: "n"))
    var slot: Int32?

    @Option(help: ArgumentHelp("Read the passphrase to remove, one line, from this descriptor.", valueName: "n"))
    var removePassphraseFd: Int32?

    @Option(help: ArgumentHelp("Remove the key that is all of this file.", valueName: "file"))
    var removeKeyFile: String?

    @Flag(help: .hidden)
    var newFramed = false

    @OptionGroup var key: KeyOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        let ways = [slot != nil, removePassphraseFd != nil, removeKeyFile != nil].filter { $0 }.count
        if ways > 1 { throw ValidationError("give one of --slot, --remove-passphrase-fd and --remove-key-file") }
    }

    private var removed: SecretOrigin? {
        if newFramed { return .framed }
        return removePassphraseFd.map { .line($0) } ?? removeKeyFile.map { .file($0) }
    }

    func runInPod() throws {
        let fields = slot.map { [("slot", String($0))] } ?? []
        let answer = try VaultClient(action: "remove-key", passphrase: key.origin, second: removed, fields: fields).run()
        options.log.notice("the key of slot \(answer.text("slot") ?? "?") is removed")
    }

    func run() async throws {
        let words = slot.map { ["--slot", String($0)] } ?? []
        try await HostVault(options).become(["remove-key"] + words + options.passedOn, passphrase: key.origin, second: removed)
    }
}

struct VaultRecoveryCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "recovery", abstract: "Make a recovery key, to be printed and locked away.",
        discussion: """
            It is shown once, with a QR code, in a form that is typed easily, and opens the vault wherever a passphrase does. \
            Without a terminal it is written only with --force, and then nothing but the key: whoever reads that has the vault.

            Example: tazpod vault recovery
            """)

    @Flag(help: "Write the key even if standard output is no terminal.")
    var force = false

    /// The host's standard output is a terminal, though ours is none.
    @Flag(help: .hidden)
    var onTerminal = false

    @OptionGroup var key: KeyOptions
    @OptionGroup var options: GlobalOptions

    private var isOnTerminal: Bool { onTerminal || isatty(STDOUT_FILENO) == 1 }

    private func checkOutput() throws(Failure) {
        guard isOnTerminal || force else {
            throw Failure(
                .refused, "standard output is no terminal, so the recovery key would end in a file; give --force if it should")
        }
    }

    func runInPod() throws {
        try checkOutput()
        let answer = try VaultClient(
            action: "recovery", passphrase: key.origin, fields: isOnTerminal ? [("picture", "1")] : []
        ).run()
        options.log.notice(
            "slot \(answer.text("slot") ?? "?") has this recovery key, which is not shown again: print it, or write it down")
    }

    func run() async throws {
        try checkOutput()
        let flags = (force ? ["--force"] : []) + (isOnTerminal ? ["--on-terminal"] : [])
        try await HostVault(options).become(["recovery"] + flags + options.passedOn, passphrase: key.origin)
    }
}
