import Linux

/// The signal mask that the launcher was given, for the programs it runs or becomes. Asynchronous code runs on worker threads
/// that block every signal, and a program started from one would keep that.
enum InheritedSignals {
    /// Must be read once on the main thread, before anything asynchronous.
    static let mask = SignalSet.current
}
