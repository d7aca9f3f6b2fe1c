import Linux

/// The defences of this program that tests switch off one by one, to see that what they check would be noticed.
///
/// Only a build with TAZPOD_WEAKENED can do that, and it is made for the tests alone; in every other one they are on.
enum Defence: String {
    /// Nothing is written but into a vault that is mounted.
    case mountedVault = "mounted-vault"
    /// A file of the vault is reached through no link.
    case vaultLinks = "vault-links"
    /// Files change their contents in one step.
    case staging
    /// New programs of secrets.yml ask to be accepted.
    case commandConsent = "command-consent"
    /// Secrets are not printed on a terminal.
    case terminalCheck = "terminal-check"
    /// What proves who we are belongs to one server.
    case serverBinding = "server-binding"
    /// Our memory is hidden, and in no core file.
    case notDumpable = "not-dumpable"
    /// What libraries and we keep of secrets is on pages that are not swapped.
    case lockedMemory = "locked-memory"

    var isOn: Bool {
        #if TAZPOD_WEAKENED
            let names = environmentValue("WEAKENED_DEFENCES") ?? ""
            return !names.split(separator: ",").contains { $0 == rawValue }
        #else
            return true
        #endif
    }
}
