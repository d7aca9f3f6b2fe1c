import ArgumentParser

/// A verb that means the same inside a pod as on the host.
///
/// It runs in the main thread, before there is any other: signals that it blocks are blocked in all of the process.
protocol PodVerb: ParsableCommand {
    func runInPod() throws
}
