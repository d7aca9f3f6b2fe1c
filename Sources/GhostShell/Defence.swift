import Contract
import Linux

/// The defences that tests switch off one by one, to see that what they check would be noticed.
///
/// Only a build with TAZPOD_WEAKENED can do that, and it is made for the tests alone; in every other one they are on.
enum Defence: String {
    /// The enclave's user namespace.
    case userNamespace = "user-namespace"
    /// That namespace's owner is nobody, and not root.
    case namespaceOwner = "namespace-owner"
    /// The ghost's own home.
    case privateHome = "private-home"
    /// The enclave's own terminals.
    case terminals
    /// Proof at `attach` and `exec --ghost`.
    case proof
    /// The ghost's system call filter.
    case filter
    /// The end of a file that was handed out of the ghost.
    case shutOff = "shut-off"
    /// A vault in memory is saved before its enclave ends.
    case saveFirst = "save-first"
    /// A change of content alone is noticed.
    case contentDigest = "content-digest"
    /// fsync(2) reaches the disk.
    case flush

    var isOn: Bool {
        #if TAZPOD_WEAKENED
            let names = environmentValue(WorkspaceEnvironment.prefix + "WEAKENED_DEFENCES") ?? ""
            return !names.split(separator: ",").contains { $0 == rawValue }
        #else
            return true
        #endif
    }
}
