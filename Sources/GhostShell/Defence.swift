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
    /// The ghost's own /tmp, where tmux has its sockets.
    case privateTmp = "private-tmp"
    /// The enclave's own terminals.
    case terminals
    /// Proof at `attach` and `exec --ghost`.
    case proof
    /// After five wrong passphrases in a row there is a pause.
    case guessPause = "guess-pause"
    /// With a new attach token the one before it is worth nothing.
    case rotation
    /// The empty bounding set, and the locked rule that uid 0 means nothing.
    case privileges
    /// The ghost's system call filter.
    case filter
    /// An image is not opened through a link.
    case imageLinks = "image-links"
    /// Bridges follow no link.
    case bridgeLinks = "bridge-links"
    /// What holds or serves a key hides its memory.
    case notDumpable = "not-dumpable"
    /// No core file of anything that runs here.
    case coreLimit = "core-limit"
    /// Keys are on pages that are not swapped.
    case lockedMemory = "locked-memory"
    /// A ghost that does not end when it is asked to is killed.
    case forcedEnd = "forced-end"
    /// The end of a file that was handed out of the ghost.
    case shutOff = "shut-off"
    /// A vault in memory is saved before its enclave ends.
    case saveFirst = "save-first"
    /// A change of content alone is noticed.
    case contentDigest = "content-digest"
    /// fsync(2) reaches the disk.
    case flush
    /// The image is open once at a time.
    case imageLock = "image-lock"
    /// A vault's header is for root alone.
    case headerForRoot = "header-for-root"
    /// A vault gets another size on a copy of its image.
    case resizeCopy = "resize-copy"
    /// A header that is restored is whole on the disk before the image changes.
    case restoreJournal = "restore-journal"

    var isOn: Bool {
        #if TAZPOD_WEAKENED
            let names = environmentValue(WorkspaceEnvironment.prefix + "WEAKENED_DEFENCES") ?? ""
            return !names.split(separator: ",").contains { $0 == rawValue }
        #else
            return true
        #endif
    }
}
