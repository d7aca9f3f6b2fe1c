import ArgumentParser
import CLinux
import Contract
import Linux

struct VaultBackupCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the vault's header and key slots to a file.",
        discussion: """
            Without a header nobody can open a vault, and its few kilobytes are the one place where damage takes all. The copy \
            holds no data, but passphrases can be tried on it, those too that are changed later: keep it as the vault itself.

            Example: tazpod vault backup vault-header.bin
            """)

    @Flag(help: "Replace the file if it is there.")
    var force = false

    @Argument(help: "The file; - is standard output.")
    var file: String

    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        guard file != "-" else {
            if isatty(STDOUT_FILENO) == 1 { throw Failure(.usage, "a backup is no text; name a file for it") }
            _ = try VaultClient(action: "backup", file: STDOUT_FILENO).run()
            return
        }
        let target = try NewFile.make(file, replaces: force)
        _ = try VaultClient(action: "backup", file: target.descriptor.raw).run()
        try target.publish()
    }

    func run() async throws {
        let vault = try await HostVault(options)
        let null = try failing(.provider) { () throws(SystemError) in
            try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
        }
        let words = ["backup", "-"] + options.passedOn
        guard file != "-" else {
            if isatty(STDOUT_FILENO) == 1 { throw Failure(.usage, "a backup is no text; name a file for it") }
            return try vault.run(words, input: null, output: STDOUT_FILENO)
        }
        let target = try NewFile.make(file, replaces: force)
        try vault.run(words, input: null, output: target.descriptor.raw)
        try target.publish()
    }
}

struct VaultRestoreCommand: AsyncVerb, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a backup in the place of the vault's header.",
        discussion: """
            The vault must be locked, and the backup its own. Keys that were added since are gone, and those that were removed \
            open it again.

            Example: tazpod vault restore vault-header.bin
            """)

    @Flag(help: "Do not ask.")
    var yes = false

    @Argument(help: "The file that backup wrote; - is standard input.")
    var file: String

    @OptionGroup var options: GlobalOptions

    func runInPod() throws {
        try confirm(try PodStatus.ofThisPod().project)
        let source = try openFile()
        let answer = try VaultClient(action: "restore", file: source.raw).run()
        if answer.text("unchecked") != nil {
            options.log.warning("the old header could not be read, so nothing told whether the backup is this vault's own")
        }
        options.log.notice("the vault's header is restored")
    }

    func run() async throws {
        let project = try options.findProject()
        let vault = try await HostVault(options)
        try confirm(project.config.name)
        try vault.run(["restore", "--yes", "-"] + options.passedOn, input: try openFile(), output: STDOUT_FILENO)
    }

    private func confirm(_ project: String) throws(Failure) {
        if yes { return }
        try Confirmation.ask("This replaces the header of the vault of \(project), and all of its keys.", name: project)
    }

    private func openFile() throws(Failure) -> Descriptor {
        try failing(.usage) { () throws(SystemError) in
            if file == "-" {
                return Descriptor(owning: try retrying("use standard input") { clinux_fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) })
            }
            return try Descriptor.open(file, O_RDONLY, stage: "open \(file)")
        }
    }
}
