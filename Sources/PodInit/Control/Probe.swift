import CLinux
import Contract
import Linux

/// The client side of the control socket that the image needs before `tazpod` itself can run: healthchecks and tmux's hook.
enum Probe {
    private static let pauseMicroseconds: UInt32 = 5_000

    /// - Parameter seconds: How long to ask again while the answer is no.
    /// - Returns: 0 when the supervisor says yes, 1 when it does not, or is not there.
    static func run(_ kind: ProbeKind, seconds: Int) -> Int32 {
        let deadline = monotonicMilliseconds() &+ Int64(seconds) &* 1000
        let message = Message("probe").adding("kind", kind.name)
        while true {
            let complaint = ask(message)
            guard let complaint else { return 0 }
            if monotonicMilliseconds() >= deadline {
                log(complaint)
                return 1
            }
            usleep(pauseMicroseconds)
        }
    }

    static func ensureSession(_ name: String) -> Int32 {
        guard let complaint = ask(Message("ensure-session").adding("name", name)) else { return 0 }
        log(complaint)
        return 1
    }

    /// An answer takes init microseconds; a probe that waited longer would hide that it hangs.
    private static let longestWaitSeconds = 5

    /// - Returns: nil for yes, else why not.
    private static func ask(_ message: Message) -> String? {
        do {
            let socket = try MessageSocket.connect(to: PodPaths.controlSocket)
            var limit = timeval(tv_sec: longestWaitSeconds, tv_usec: 0)
            setsockopt(
                socket.descriptor.raw, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            try socket.send(message.encoded)
            guard case .message(let received) = try socket.receive(capacity: Message.maximumLength) else {
                return "the supervisor does not answer"
            }
            switch Reply(parsing: received.bytes) {
            case .ok: return nil
            case .error(let failure): return failure.sentence
            case nil: return "the supervisor answers in words that this version does not know"
            }
        } catch {
            return error.sentence
        }
    }
}
