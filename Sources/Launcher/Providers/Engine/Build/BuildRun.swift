import CLinux
import Contract
import Linux
import Logging

/// An engine's `build`, fed by tar(1): what is sent is settled here, and not by what lies in a folder.
struct BuildRun {
    /// Writes a tar archive to its output.
    let context: HostCommand
    /// Reads one from its input.
    let builder: HostCommand
    /// Whether somebody watches: then the builder's own output is the progress. Else it is kept, and shown when the build fails.
    let isWatched: Bool
    let log: Logger

    /// tar's status when a file changed while it was read, as files of a workspace do.
    private static let changedWhileRead: Int32 = 1

    /// - Returns: the builder's status, or tar's where that one failed alone.
    func run() throws(Failure) -> Int32 {
        log.debug("running \(context.description) | \(builder.description)")
        return try failing(.provider, next: "install it, or choose another provider") { () throws(SystemError) in
            let kept = try Descriptor.open("/tmp", O_TMPFILE | O_RDWR, mode: 0o600, stage: "keep the build's output")
            let (sending, building) = try start(output: isWatched ? STDERR_FILENO : kept.raw)
            let built = try HostCommand.end(of: building)
            let sent = try HostCommand.end(of: sending)
            let status = built == 0 && sent > BuildRun.changedWhileRead ? sent : built
            if status != 0, !isWatched { try BuildRun.show(kept) }
            return status
        }
    }

    /// We keep no end of the pipe: if either ends early, the other is told.
    private func start(output: Int32) throws(SystemError) -> (sending: pid_t, building: pid_t) {
        let null = try Descriptor.open("/dev/null", O_RDONLY, stage: "open /dev/null")
        let pipe = try Pipe()
        let sending = try context.start(input: null.raw, output: pipe.writing.raw, errors: output)
        do throws(SystemError) {
            return (sending, try builder.start(input: pipe.reading.raw, output: output, errors: output))
        } catch {
            ChildProcess(pid: sending).end()
            throw error
        }
    }

    private static func show(_ kept: borrowing Descriptor) throws(SystemError) {
        try retrying("read the build's output") { lseek(kept.raw, 0, SEEK_SET) }
        let text = try kept.readAll(limit: 64 << 20, stage: "read the build's output")
        Console.printError(String(decoding: text, as: UTF8.self))
    }
}
