import CLinux
import Contract
import Linux

/// Keeping the public area's tmux sessions alive.
extension Supervisor {
    /// Keeps a session of that name from now on.
    @discardableResult
    func keepSession(_ name: Name) -> PublicSession {
        if let session = sessions.session(named: name) { return session }
        let session = PublicSession(identifier: nextIdentifier(), name: name)
        sessions.keep(session)
        startSession(session)
        return session
    }

    /// Keeps a session for a client, and answers it when the session is there.
    func createSession(_ name: Name, for client: UInt32) {
        let session = keepSession(name)
        session.waitingClients.append(client)
        if session.isUp && !session.isStarting { sessionIsUp(session) }
    }

    func keepMainSession() {
        if let name = Name([UInt8](PublicSession.main.utf8)) { keepSession(name) }
    }

    /// Starts a session, or finds that it is there, and learns its server's pid.
    ///
    /// The hook tells us when it ends while other sessions keep the server alive.
    func startSession(_ session: PublicSession) {
        deadlines.clear(.sessionStart(session.identifier))
        guard stopping == nil, !session.isStarting else { return }
        guard configuration.account != nil || geteuid() != 0 else {
            sessionIsUp(session)
            return
        }
        session.started(now: monotonicMilliseconds())
        do {
            let program = try ownFolder() + "/tazpod-init"
            let script = """
                tmux has-session -t "=$1" 2>/dev/null ||
                    tmux -f \(PodPaths.tmuxConfig) start-server \\; if-shell -F '#{==:#{default-command},}' \\
                        'set-option -g default-command "exec $SHELL"' \\; new-session -d -s "$1" || exit
                tmux set-hook -g 'session-closed[99]' "run-shell -b '\(program) --ensure-session #{hook_session_name}'" &&
                    exec tmux display-message -p '#{pid}'
                """
            try startJob(
                utf8("/bin/sh", "-c", script, "start-session") + [session.name.bytes],
                for: .startSession(session: session.identifier))
        } catch {
            session.isStarting = false
            log(error.sentence)
            sessionEnded(session)
        }
    }

    /// The job that started the session has ended.
    func sessionStarted(_ job: Job, _ identifier: UInt32) {
        guard let session = sessions.session(identifier) else { return }
        session.isStarting = false
        let text = String(decoding: job.output.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard job.exitStatus == 0, let pid = pid_t(text), pid > 1, kill(pid, 0) == 0 else {
            if job.exitStatus == 127 {
                log("there is no tmux in this image: it has no public session")
                sessionIsUp(session)
            } else {
                sessionEnded(session)
            }
            return
        }
        sessions.serverPID = pid
        sessionIsUp(session)
    }

    private func sessionIsUp(_ session: PublicSession) {
        session.isUp = true
        for client in session.waitingClients { control.clients[client]?.reply(.ok(Message("ok"))) }
        session.waitingClients = []
        podMayBeReady()
    }

    private func sessionEnded(_ session: PublicSession) {
        deadlines.set(.sessionStart(session.identifier), at: session.nextStart(now: monotonicMilliseconds()))
    }

    /// The server was reaped, and all its sessions went with it.
    func sessionServerEnded() {
        sessions.serverPID = nil
        for session in sessions.kept { sessionEnded(session) }
    }

    /// tmux says that a session ended, but perhaps not its server. One that nobody keeps stays gone.
    func ensureSession(_ name: Name) {
        guard let session = sessions.session(named: name), !session.isStarting else { return }
        sessionEnded(session)
    }

    /// Ends a session that was kept, for good.
    func endSession(_ name: Name, for client: UInt32) throws(Failure) {
        if name.bytes.elementsEqual(PublicSession.main.utf8) {
            throw Failure(.refused, "the session main is kept as long as the pod runs; end what runs in it instead")
        }
        if let session = sessions.session(named: name) {
            deadlines.clear(.sessionStart(session.identifier))
            sessions.forget(session)
        }
        let target = [UInt8(ascii: "=")] + name.bytes
        try startSessionJob(utf8("tmux", "kill-session", "-t") + [target], .endSession(name, client: client))
    }

    func sessionWasEnded(_ job: Job, _ name: Name, for client: UInt32) {
        guard let client = control.clients[client] else { return }
        if job.exitStatus == 0 {
            client.reply(.ok(Message("ok")))
        } else {
            client.reply(.error(Failure(.usage, "there is no session \(name.text); tazpod sessions lists them")))
        }
    }

    /// Asks tmux for its sessions, and answers the client when it has spoken.
    func listSessions(for client: UInt32) throws(Failure) {
        // tmux lets no name hold a colon, and prints no tab unless the locale is UTF-8.
        let format = "#{session_name}:#{session_windows}:#{session_attached}:#{session_created}"
        try startSessionJob(utf8("tmux", "list-sessions", "-F", format), .listSessions(client: client))
    }

    private func startSessionJob(_ arguments: [[UInt8]], _ purpose: Job.Purpose) throws(Failure) {
        try failing(.provider, next: "this pod's image has no tmux") { () throws(SystemError) in
            try startJob(arguments, for: purpose)
        }
    }

    func sessionsListed(_ job: Job, for client: UInt32) {
        guard let client = control.clients[client] else { return }
        var message = Message("ok")
        for line in job.output.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { Array($0) }
            guard fields.count == 4 else { continue }
            for (key, value) in zip(["session", "windows", "attached", "created"], fields) { message.add(key, value) }
        }
        guard message.encoded.count <= Message.maximumLength else {
            client.reply(.error(Failure(.usage, "the list of sessions is longer than a message; end some sessions")))
            return
        }
        client.reply(.ok(message))
    }
}
