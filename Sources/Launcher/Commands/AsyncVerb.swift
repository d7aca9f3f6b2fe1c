import ArgumentParser

/// A verb that may have to wait.
///
/// As long as it does not, it stays in the main thread, where the parser's own `AsyncParsableCommand` would start others: threads
/// take a millisecond to start, and another one to end when a verb becomes the engine's process.
protocol AsyncVerb: ParsableCommand {
    mutating func run() async throws
}
