import CLinux
import Contract
import Linux
import Logging

/// An engine's `build` at work.
struct BuildRun {
    let command: HostCommand
    /// Whether somebody watches: then the builder's own output is the progress. Else it is kept, and shown when the build fails.
    let isWatched: Bool
    let log: Logger

    private static let longestOutput = 64 << 20

    /// - Returns: the builder's status.
    func run() throws(Failure) -> Int32 {
        log.debug("running \(command.description)")
        return try failing(.provider, next: "install it, or choose another provider") { () throws(SystemError) in
            let null = try Descriptor.open("/dev/null", O_RDONLY, stage: "open /dev/null")
            let kept = try Descriptor.open("/tmp", O_TMPFILE | O_RDWR, mode: 0o600, stage: "keep the build's output")
            let output = isWatched ? STDERR_FILENO : kept.raw
            let status = try HostCommand.end(of: command.start(input: null.raw, output: output, errors: output))
            if status != 0, !isWatched { try BuildRun.show(kept) }
            return status
        }
    }

    private static func show(_ kept: borrowing Descriptor) throws(SystemError) {
        try retrying("read the build's output") { lseek(kept.raw, 0, SEEK_SET) }
        let text = try kept.readAll(limit: longestOutput, stage: "read the build's output")
        Console.printError(String(decoding: text, as: UTF8.self))
    }
}
