import CLinux
import Contract
import Linux

extension Supervisor {
    func acceptClients() {
        do {
            while let socket = try control.listener.accept() {
                let peer = try socket.peer()
                let client = Client(socket, peer: peer)
                guard control.mayConnect(peer.uid) else {
                    client.turnAway(Failure(.refused, "too many clients of uid \(peer.uid) are connected; close some"))
                    continue
                }
                let identifier = nextIdentifier()
                try epoll.add(client.socket.descriptor.raw, token: EventToken(.client, identifier).raw)
                control.add(client, identifier: identifier)
            }
        } catch {
            log(error.sentence)
            // Out of descriptors: the listener would wake us again at once. It is watched again when a client leaves.
            if error.errno == EMFILE || error.errno == ENFILE { epoll.remove(control.listener.descriptor.raw) }
        }
    }

    func readClient(_ identifier: UInt32) {
        guard let client = control.clients[identifier] else { return }
        do {
            switch try client.socket.receive(by: messageBuffer) {
            case .nothingYet: return
            case .closed: removeClient(identifier)
            case .message(let received): answer(client, identifier, received)
            }
        } catch {
            log(error.sentence)
            removeClient(identifier)
        }
    }

    func removeClient(_ identifier: UInt32) {
        guard let client = control.clients[identifier] else { return }
        epoll.remove(client.socket.descriptor.raw)
        control.remove(identifier)
        // Adding it twice is refused, and that is as well.
        try? epoll.add(control.listener.descriptor.raw, token: EventToken(.listener).raw)
    }

    private func answer(_ client: Client, _ identifier: UInt32, _ received: consuming ReceivedMessage) {
        do throws(Failure) {
            guard !received.truncated, let message = Message(parsing: received.bytes) else {
                throw Failure(.usage, "that is not a message of the control socket: a word, then key=value fields, within 32 KiB")
            }
            let request = try Request.parse(message)
            try request.check(client.peer, workspaceUID: configuration.workspaceUID)
            switch request {
            case .status: client.reply(.ok(status()))
            case .probe(let kind): try answerProbe(client, kind)
            case .sessions: try listSessions(for: identifier)
            case .services(let position): client.reply(.ok(serviceList(from: position)))
            case .logs(let name): client.reply(.ok(try keptLines(of: name)))
            case .reload:
                let problems = reloadServices()
                if let first = problems.first { throw Failure(.project, first) }
                client.reply(.ok(Message("ok")))
            case .doctor:
                try startTrial(for: client)
                removeClient(identifier)
            case .ensureSession(let name):
                ensureSession(name)
                client.reply(.ok(Message("ok")))
            case .createSession(let name): createSession(name, for: identifier)
            case .endSession(let name): try endSession(name, for: identifier)
            case .stop:
                client.reply(.ok(Message("ok")))
                stop()
            case .ghost(let verb):
                if try passToGhost(verb, message, client, received.descriptors) { removeClient(identifier) }
            }
        } catch {
            client.reply(.error(error))
        }
    }

    private func answerProbe(_ client: Client, _ kind: ProbeKind) throws(Failure) {
        if kind == .ready && !isReady { throw Failure(.timeout, whyNotReady) }
        client.reply(.ok(Message("ok")))
    }

    var isReady: Bool {
        stopping == nil && sessions.areUp && services.unready == 0
    }

    private func status() -> Message {
        var message = Message("ok")
        message.add("version", tazpodVersion)
        message.add("project", configuration.project)
        message.add("pod", stopping != nil ? "stopping" : isReady ? "ready" : "starting")
        message.add("uptime", String((monotonicMilliseconds() - startedAt) / 1000))
        message.add("services", String(services.inOrder.count))
        message.add("services-ready", String(services.inOrder.count - services.unready))
        message.add("enclave-allows", configuration.allowedCalls)
        message.add("vault", ghost?.stateName ?? "locked")
        for field in ghost?.details ?? [] { message.add(String(decoding: field.key, as: UTF8.self), field.value) }
        return message
    }
}
