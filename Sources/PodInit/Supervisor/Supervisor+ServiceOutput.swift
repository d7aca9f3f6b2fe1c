import CLinux
import Linux

/// What services print goes to PID 1's standard error, line by line, with the service's name before it.
extension Supervisor {
    private static let chunkSize = 16 * 1024

    func watchOutput(of service: Service, _ pipe: consuming Descriptor?) throws(SystemError) {
        forgetOutput(of: service)
        service.output = pipe
        guard let raw = service.output?.raw else { return }
        try retrying("make a service's output non-blocking") { clinux_fcntl(raw, F_SETFL, Int(O_NONBLOCK)) }
        try epoll.add(raw, token: EventToken(.output, service.identifier).raw)
    }

    func forgetOutput(of service: Service) {
        if let raw = service.output?.raw { epoll.remove(raw) }
        service.output = nil
    }

    /// Takes a chunk; more of it wakes us again, after the others had their turn.
    func readOutput(_ identifier: UInt32) {
        guard let service = services.service(identifier) else { return }
        if !readChunk(of: service) { forgetOutput(of: service) }
    }

    /// Takes what a process that has ended left in its pipe.
    func drainOutput(of service: Service) {
        var rounds = 0
        // A pipe holds 64 KiB; what keeps writing into it is not the process that has ended.
        while rounds < 8, service.output != nil, readChunk(of: service) { rounds += 1 }
        if let line = service.log.finish() { print(line, of: service) }
    }

    /// - Returns: whether there was something, so that there may be more.
    private func readChunk(of service: Service) -> Bool {
        guard let raw = service.output?.raw else { return false }
        return withUnsafeTemporaryAllocation(byteCount: Supervisor.chunkSize, alignment: 1) { buffer in
            let count = read(raw, buffer.baseAddress, buffer.count)
            if count < 0 { return clinux_errno() == EINTR || clinux_errno() == EAGAIN }
            for line in service.log.take(Array(buffer[0..<count])[...]) { print(line, of: service) }
            return count > 0
        }
    }

    private func print(_ line: [UInt8], of service: Service) {
        standardError.writeLine(service.name.bytes + [UInt8](": ".utf8) + line)
        watchStandardError()
    }

    /// While something waits to be written we are woken when there is room for it.
    private func watchStandardError() {
        guard standardError.isWaiting, !isStandardErrorWatched else { return }
        // A regular file cannot be watched, and never has to be.
        isStandardErrorWatched = (try? epoll.add(STDERR_FILENO, token: EventToken(.standardError).raw, for: .writing)) != nil
    }

    func standardErrorHasRoom() {
        standardError.flush()
        if standardError.isWaiting { return }
        epoll.remove(STDERR_FILENO)
        isStandardErrorWatched = false
    }
}
