import CLinux
import Contract
import Linux
import Logging

extension HostCommand {
    /// Runs it to its end, or for so many seconds at most: then it is killed, with all that it started. It does not outlive us.
    ///
    /// - Parameter inputs: What it finds to read at its descriptors 3, 4, ….
    /// - Throws: code 4 when the program is not there, code 10 when the time is over.
    func run(seconds: Int, inputs: [String] = [], log: Logger) throws(Failure) -> CommandOutput {
        log.debug("running \(description)")
        let run = try BoundedRun(self, inputs: inputs, log: log)
        let isDone = run.read(until: monotonicMilliseconds() + Int64(seconds) * 1000)
        let output = run.end()
        guard isDone else { throw Failure(.timeout, "\(arguments[0]) did not answer within \(seconds) seconds") }
        return output
    }
}

/// A program that runs in a session of its own, and what it has said so far.
private final class BoundedRun {
    private let pid: pid_t
    private let output: Descriptor
    private let errors: Descriptor
    private var texts: [[UInt8]] = [[], []]

    /// What a program says beyond that is not kept.
    private static let longestText = 1 << 20
    /// A pipe holds that much unless it is asked to hold more.
    private static let pipeSize = 64 << 10

    init(_ command: HostCommand, inputs: [String], log: Logger) throws(Failure) {
        let null = try failing(.provider) { () throws(SystemError) in
            try Descriptor.open("/dev/null", O_RDONLY, stage: "open /dev/null")
        }
        let output = try failing(.provider) { () throws(SystemError) in try Pipe() }
        let errors = try failing(.provider) { () throws(SystemError) in try Pipe() }
        var given: [Int32] = []
        defer { for raw in given { _ = close(raw) } }
        for text in inputs {
            given.append(try failing(.provider) { () throws(SystemError) in try BoundedRun.pipe(holding: text) })
        }
        var plan = SpawnPlan(command.arguments, environment: command.variables.map { [UInt8]("\($0.key)=\($0.value)".utf8) })
        plan.signalMask = InheritedSignals.mask
        plan.descriptors = .only([null.raw, output.writing.raw, errors.writing.raw] + given)
        plan.group = .session
        plan.endsWithParent = true
        pid = try command.start(plan, log: log)
        self.output = output.keepReading()
        self.errors = errors.keepReading()
    }

    private static func pipe(holding text: String) throws(SystemError) -> Int32 {
        let pipe = try Pipe()
        let bytes = [UInt8](text.utf8)
        if bytes.count > pipeSize {
            try retrying("hand over \(bytes.count) bytes") { clinux_fcntl(pipe.writing.raw, F_SETPIPE_SZ, bytes.count) }
        }
        try pipe.writing.write(bytes, stage: "hand over \(bytes.count) bytes")
        return pipe.keepReading().release()
    }

    /// Until both outputs have ended.
    ///
    /// - Returns: false when `deadline` came first.
    func read(until deadline: Int64) -> Bool {
        var open = [output.raw, errors.raw]
        while open.contains(where: { $0 >= 0 }) {
            var watched = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let left = deadline - monotonicMilliseconds()
            if left <= 0 { return false }
            poll(&watched, 2, Int32(clamping: left))
            for index in 0..<2 where watched[index].revents != 0 && !readChunk(index, open[index]) { open[index] = -1 }
        }
        return true
    }

    private func readChunk(_ index: Int, _ descriptor: Int32) -> Bool {
        var chunk = [UInt8](repeating: 0, count: 4096)
        let count = chunk.withUnsafeMutableBytes { CLinux.read(descriptor, $0.baseAddress, $0.count) }
        if count < 0 { return clinux_errno() == EINTR }
        if texts[index].count < BoundedRun.longestText { texts[index] += chunk[0..<count] }
        return count > 0
    }

    /// Kills what is left of it, and waits for its end.
    func end() -> CommandOutput {
        let process = ChildProcess(pid: pid)
        // It may close its outputs a moment before it ends.
        let status = process.wait(milliseconds: BoundedRun.endMilliseconds)
        if status == nil {
            kill(-pid, SIGKILL)
            process.end()
        }
        return CommandOutput(
            status: status ?? 128 + SIGKILL, output: String(decoding: texts[0], as: UTF8.self),
            errors: String(decoding: texts[1], as: UTF8.self))
    }

    private static let endMilliseconds: Int32 = 500
}
