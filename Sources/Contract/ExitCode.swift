/// The exit codes of every TazPod program, and the codes in an `error` reply of the control socket.
///
/// A command run in the pod passes its own status instead.
public enum ExitCode: Int32, Sendable {
    case done = 0
    /// The command line, or a message on the control socket, is not of its form.
    case usage = 2
    /// The project's files are wrong.
    case project = 3
    /// The provider or a tool is missing or down.
    case provider = 4
    /// Wrong passphrase or token.
    case proof = 5
    /// The vault is damaged, busy or full.
    case vault = 6
    /// Refused for safety.
    case refused = 7
    case timeout = 10
}
