import CLinux
import Linux

/// The keys that a login shares with all that it runs (session-keyring(7)): of a network file system, of an encrypted folder, of Kerberos.
/// A process has them by descent, whoever it is and whatever namespaces it is in. Engines give their containers an empty one.
enum SessionKeyring {
    /// From now on this thread, and what it starts, has an empty one of its own.
    static func leave() throws(SystemError) {
        if clinux_join_new_session_keyring() >= 0 { return }
        // A kernel without keyrings, or a filter that keeps them from us keeps them from what we start, too.
        if [ENOSYS, EPERM, EACCES].contains(clinux_errno()) { return }
        throw SystemError.last("leave our session's keyring")
    }
}
