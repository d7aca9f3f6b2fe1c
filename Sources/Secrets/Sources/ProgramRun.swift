import CLinux
import Contract
import Linux

/// A program that is run for what it prints.
struct ProgramRun {
    var arguments: [String]
    var environment: [[UInt8]] = Linux.environment()
    var directory: String
    /// Milliseconds after which it is killed.
    var limit: Int64 = 60_000

    /// - Returns: its standard output, all of it and nothing else. Its errors are ours.
    /// - Throws: code 4 when it is not there or fails; code 10 when it takes too long.
    func output() throws(Failure) -> SecretBuffer {
        let name = arguments.first ?? ""
        let pipe = try failing(.provider) { () throws(SystemError) in try Pipe() }
        let child: ChildProcess
        do throws(SystemError) {
            child = try start(writingTo: pipe.writing.raw)
        } catch {
            throw Failure(
                .provider, "cannot run \(name): \(describe(errno: error.errno)); install it in the image, or mend the command")
        }
        let reading = pipe.keepReading()
        let deadline = monotonicMilliseconds() + limit
        do throws(Failure) {
            let value = try SecretBuffer.reading(reading, limit: SecretBuffer.valueLimit, until: deadline, what: name)
            try end(child, name, by: deadline)
            return value
        } catch {
            child.end()
            throw error
        }
    }

    private func start(writingTo output: Int32) throws(SystemError) -> ChildProcess {
        var plan = SpawnPlan(arguments, environment: environment)
        plan.directory = directory
        plan.fallbackDirectory = "/"
        plan.endsWithParent = true
        // Our terminal stays: it may have to ask for a passphrase.
        plan.descriptors = .only([STDIN_FILENO, output, STDERR_FILENO])
        return ChildProcess(pid: try spawn(plan))
    }

    private func end(_ child: ChildProcess, _ name: String, by deadline: Int64) throws(Failure) {
        let left = Int32(clamping: max(deadline - monotonicMilliseconds(), 0))
        guard let status = child.wait(milliseconds: left) else {
            throw Failure(.timeout, "\(name) did not end within \(limit / 1000) s")
        }
        if status != 0 { throw Failure(.provider, "\(name) failed with status \(status); run it by itself to see why") }
    }
}

extension SecretBuffer {
    /// All that comes from a pipe.
    ///
    /// - Throws: code 10 when it has not ended at `deadline`; code 4 when it is more than `limit` bytes.
    static func reading(
        _ pipe: borrowing Descriptor, limit: Int, until deadline: Int64, what: String
    ) throws(Failure) -> SecretBuffer {
        var value = try SecretBuffer.make(capacity: 16 * 1024)
        while true {
            var watched = pollfd(fd: pipe.raw, events: Int16(POLLIN), revents: 0)
            let left = deadline - monotonicMilliseconds()
            if left <= 0 || poll(&watched, 1, Int32(clamping: left)) == 0 {
                throw Failure(.timeout, "\(what) did not end in time")
            }
            if watched.revents == 0 { continue }
            if value.count == value.capacity {
                guard value.capacity < limit else {
                    throw Failure(.provider, "\(what) gives more than \(limit >> 20) MiB, which is no secret")
                }
                value = try value.larger(min(value.capacity * 4, limit))
            }
            let count = value.count
            let got = try failing(.provider) { () throws(SystemError) in
                try value.appendSome(from: pipe.raw, stage: "read what \(what) prints")
            }
            if got == 0 && count == value.count { return value }
        }
    }

    private consuming func larger(_ capacity: Int) throws(Failure) -> SecretBuffer {
        let old = self
        var new = try SecretBuffer.make(capacity: capacity)
        new.fill { target in
            old.withBytes { target.copyMemory(from: $0) }
            return old.count
        }
        return new
    }

    /// One read(2) into what is left of the buffer.
    private mutating func appendSome(from descriptor: Int32, stage: String) throws(SystemError) -> Int {
        var got = 0
        var error: SystemError?
        let start = count
        fill { target in
            do throws(SystemError) {
                got = try retrying(stage) { CLinux.read(descriptor, target.baseAddress.map { $0 + start }, target.count - start) }
            } catch let caught {
                error = caught
            }
            return start + got
        }
        if let error { throw error }
        return got
    }
}
