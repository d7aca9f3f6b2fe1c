import Contract
import FoundationEssentials

/// What docker's daemon is asked for directly where it is on this machine. podman has no daemon.
extension EngineProvider {
    /// nil where the command line has to be asked: that of a machine without the command says so.
    private var socket: EngineSocket? {
        guard engine == .docker, command([]).isInstalled else { return nil }
        return EngineEndpoint().dockerSocket.map { EngineSocket(path: $0) }
    }

    /// As `find`, but nil when the daemon was not reached, or has answered something else.
    func findBySocket(_ podName: String) -> PodRecord?? {
        guard let answer = socket?.get("/containers/\(podName)/json") else { return nil }
        log.debug("asked docker's socket for the container \(podName)")
        switch answer.status {
        case 200: return EngineRecord.parse(container: answer.body, of: name).map { .some($0) }
        // That there is no such container; an unknown path would be answered like that too.
        case 404: return answer.body.firstRange(of: "No such container".utf8) == nil ? nil : .some(nil)
        default: return nil
        }
    }

    /// Follows a new pod's log until init says there that it is ready, as long as that is no more than a moment.
    ///
    /// - Returns: false when it has to be asked.
    func sawReady(_ record: PodRecord, within seconds: Int) -> Bool {
        guard let socket else { return false }
        log.debug("following the container's log on docker's socket")
        return socket.follow(logOf: record.name, until: readyLine, seconds: min(seconds, EngineProvider.momentSeconds))
    }

    /// An image of another version may not say it.
    private static let momentSeconds = 5
}
