import CLinux
import Contract
import Linux

extension Supervisor {
    /// Starts the public session, or finds that it is there, and learns its server's pid.
    ///
    /// The hook tells us when it ends while other sessions keep the server alive.
    func startPublicSession() {
        deadlines.clear(.sessionStart)
        guard stopping == nil, !publicSession.isStarting else { return }
        guard configuration.account != nil || geteuid() != 0 else {
            publicSession.isUp = true
            return
        }
        publicSession.started(now: monotonicMilliseconds())
        do {
            let program = try ownFolder() + "/tazpod-init"
            let script = """
                tmux has-session -t '=main' 2>/dev/null ||
                    tmux start-server \\; if-shell -F '#{==:#{default-command},}' \\
                        'set-option -g default-command "exec $SHELL"' \\; new-session -d -s main || exit
                tmux set-hook -g 'session-closed[99]' "run-shell -b '\(program) --ensure-session main'" &&
                    exec tmux display-message -p '#{pid}'
                """
            try startJob(utf8("/bin/sh", "-c", script), for: .startSession)
        } catch {
            publicSession.isStarting = false
            log(error.sentence)
            publicSessionEnded()
        }
    }

    /// The job that started the session has ended.
    func publicSessionStarted(_ job: Job) {
        publicSession.isStarting = false
        let text = String(decoding: job.output.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        guard job.exitStatus == 0, let pid = pid_t(text), pid > 1, kill(pid, 0) == 0 else {
            if job.exitStatus == 127 {
                log("there is no tmux in this image: it has no public session")
                publicSessionIsUp()
            } else {
                publicSessionEnded()
            }
            return
        }
        publicSession.serverPID = pid
        publicSessionIsUp()
    }

    private func publicSessionIsUp() {
        publicSession.isUp = true
        podMayBeReady()
    }

    func publicSessionEnded() {
        publicSession.serverPID = nil
        deadlines.set(.sessionStart, at: publicSession.nextStart(now: monotonicMilliseconds()))
    }

    /// The session ended, but perhaps not its server.
    func ensurePublicSession() {
        if publicSession.isStarting { return }
        deadlines.set(.sessionStart, at: publicSession.nextStart(now: monotonicMilliseconds()))
    }

    /// Asks tmux for its sessions, and answers the client when it has spoken.
    func listSessions(for client: UInt32) throws(Failure) {
        let format = "#{session_name}\t#{session_windows}\t#{session_attached}\t#{session_created}"
        do {
            try startJob(utf8("tmux", "list-sessions", "-F", format), for: .listSessions(client: client))
        } catch {
            throw Failure(.provider, error, next: "this pod's image has no tmux")
        }
    }

    func sessionsListed(_ job: Job, for client: UInt32) {
        guard let client = control.clients[client] else { return }
        var message = Message("ok")
        for line in job.output.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map { Array($0) }
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
