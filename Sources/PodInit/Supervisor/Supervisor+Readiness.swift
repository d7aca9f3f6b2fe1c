import CLinux
import Linux

/// Finding out whether a service does its work.
extension Supervisor {
    private static let firstLookMilliseconds: Int64 = 10
    private static let longestLookMilliseconds: Int64 = 1_000

    /// - Parameter pipe: Where a service of `ready = fd` writes.
    func watchReadiness(of service: Service, _ pipe: consuming Descriptor?) throws(SystemError) {
        switch service.plan.readiness {
        case .started: serviceIsReady(service)
        case .descriptor:
            service.readyPipe = pipe
            guard let raw = service.readyPipe?.raw else { return }
            try epoll.add(raw, token: EventToken(.readiness, service.identifier).raw)
        case .notify: return
        case .socket, .tcp, .command:
            service.readinessWait = Supervisor.firstLookMilliseconds
            lookAgain(service)
        }
    }

    func forgetReadiness(of service: Service) {
        deadlines.clear(.serviceReadiness(service.identifier))
        if let pipe = service.readyPipe?.raw { epoll.remove(pipe) }
        service.readyPipe = nil
    }

    /// Something came through the pipe, or its other end was closed without a word.
    func readReadiness(_ identifier: UInt32) {
        guard let service = services.service(identifier), let pipe = service.readyPipe?.raw else { return }
        var bytes: (UInt64, UInt64) = (0, 0)
        let count = read(pipe, &bytes, MemoryLayout.size(ofValue: bytes))
        if count > 0 { serviceIsReady(service) } else { forgetReadiness(of: service) }
    }

    /// The time to look has come.
    func lookAtReadiness(_ identifier: UInt32) {
        guard let service = services.service(identifier), service.state == .starting else { return }
        switch service.plan.readiness {
        case .socket(let path):
            readinessFound(service, isThere: takesConnections(unixSocket: String(decoding: path, as: UTF8.self)))
        case .tcp(let port): readinessFound(service, isThere: takesConnections(loopbackPort: port))
        case .command(let words):
            do throws(SystemError) {
                try startJob(words, for: .readiness(service: identifier))
            } catch {
                log("service \(service.name.text): ready = exec: \(error.sentence)")
                lookAgain(service)
            }
        case .started, .descriptor, .notify: return
        }
    }

    /// A look, or the command that looks, has ended.
    func readinessFound(_ service: Service, isThere: Bool) {
        if isThere { serviceIsReady(service) } else if service.state == .starting { lookAgain(service) }
    }

    private func lookAgain(_ service: Service) {
        deadlines.set(.serviceReadiness(service.identifier), at: monotonicMilliseconds() + service.readinessWait)
        service.readinessWait = min(service.readinessWait * 2, Supervisor.longestLookMilliseconds)
    }
}
