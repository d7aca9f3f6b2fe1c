import CLinux
import Contract
import Linux

/// sd_notify(3), from services to us and from us to whoever started the pod.
extension Supervisor {
    private static let longestNote = 200

    func readNotifications() {
        var rounds = 0
        // What is left wakes us again, after the others had their turn.
        while rounds < 16, let (text, pid) = notifySocket?.next() {
            rounds += 1
            // A service leads a session of its own, so any process of it can speak for it; others are not heard.
            if let service = services.service(group: getsid(pid)) { take(text, from: service) }
        }
    }

    private func take(_ text: [UInt8], from service: Service) {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            if line.elementsEqual("READY=1".utf8) {
                if service.plan.readiness == .notify { serviceIsReady(service) }
            } else if line.starts(with: "STATUS=".utf8) {
                let printable = line.dropFirst(7).prefix(Supervisor.longestNote).filter { $0 >= 0x20 && $0 != 0x7f }
                service.note = String(decoding: printable, as: UTF8.self)
            }
        }
    }

    /// Says once that the pod is ready: `up` follows the log until then.
    func podMayBeReady() {
        guard !hasToldReadiness, isReady else { return }
        hasToldReadiness = true
        standardError.writeLine([UInt8](readyLine.utf8))
        tellManager("READY=1")
    }

    func tellManager(_ text: String) {
        guard let address = environmentValue("NOTIFY_SOCKET") else { return }
        NotifySocket.tell(text, at: address)
    }
}
