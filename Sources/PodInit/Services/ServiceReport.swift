import Contract
import Linux

/// What clients are told about services.
extension Supervisor {
    /// The services from `position` on, as many as fit into a message; `next` says where the rest begins.
    func serviceList(from position: Int) -> Message {
        var message = Message("ok")
        var length = 0
        for (index, service) in services.inOrder.enumerated() where index >= position {
            length &+= service.name.bytes.count &+ service.note.utf8.count &+ 96
            if length > Message.maximumLength {
                message.add("next", String(index))
                return message
            }
            message.add("service", service.name.bytes)
            message.add("state", service.stateName)
            message.add("pid", String(service.group ?? 0))
            message.add("restarts", String(service.restarts))
            message.add("note", service.note)
        }
        return message
    }

    /// The last lines that a service printed.
    func keptLines(of name: Name) throws(Failure) -> Message {
        guard let service = services.service(named: name) else {
            throw Failure(.usage, "there is no service \(name.text); tazpod status lists them")
        }
        var message = Message("ok")
        for line in service.log.kept { message.add("line", line) }
        return message
    }

    var whyNotReady: String {
        if stopping != nil { return "the pod is stopping" }
        for service in services.inOrder where !service.isFine {
            let note = service.note.utf8.isEmpty ? "" : ": \(service.note)"
            return "the pod is not ready: service \(service.name.text) is \(service.stateName)\(note)"
        }
        return "the pod is still starting"
    }
}
