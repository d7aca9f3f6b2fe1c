import ArgumentParser
import Contract

/// What is done to a vault itself: its keys, its header, its size.
struct VaultCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault", abstract: "Look after the vault itself: its keys, its header, its size.",
        discussion: """
            The vault is one LUKS2 file; what is done here, cryptsetup could do too. docs/vault.md tells more.

            Example: tazpod vault info
            """,
        subcommands: [
            VaultInfoCommand.self, VaultPasswdCommand.self, VaultAddKeyCommand.self, VaultRemoveKeyCommand.self,
            VaultRecoveryCommand.self, VaultBackupCommand.self, VaultRestoreCommand.self, VaultResizeCommand.self,
            VaultCheckCommand.self, VaultSaveCommand.self,
        ])
}

extension GlobalOptions {
    /// Those that the pod's own tazpod gets too.
    var passedOn: [String] {
        (json ? ["--json"] : []) + (quiet ? ["--quiet"] : [])
    }
}
