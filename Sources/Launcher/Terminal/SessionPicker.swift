import Contract
import Linux

/// Which of several sessions to come back to, asked for by number or name.
struct SessionPicker {
    let list: SessionList

    /// The sessions, with their numbers.
    var lines: String {
        Table.render(
            zip([""] + list.sessions.indices.map { String($0 + 1) }, list.rows).map { number, row in [number] + row })
    }

    /// In a pod: the usual session, unless there are other public ones to choose from. The ghost's is not among them: its proof is for
    /// the host's terminal. Inside of a session there is no other to go to.
    static func choosePublic() throws(Failure) -> String? {
        let list = SessionList(sessions: try SessionList.ofThisPod().sessions.filter { $0.kind == "public" })
        guard list.sessions.count > 1, environmentValue("TMUX") == nil else { return HostSession.usual }
        return SessionPicker(list: list).ask()
    }

    /// - Returns: the session's name; nil when nobody wants one.
    func ask() -> String? {
        Console.printLine(lines)
        while true {
            print("Attach to (1-\(list.sessions.count), or Enter for none): ", terminator: "")
            guard let answer = readLine(), !answer.isEmpty else { return nil }
            if let name = choice(answer) { return name }
            Console.complain("there is no session \(answer)")
        }
    }

    func choice(_ answer: String) -> String? {
        let answer = answer.filter { !$0.isWhitespace }
        if let session = list.sessions.first(where: { $0.name == answer }) { return session.name }
        return list.sessions.enumerated().first { String($0.offset + 1) == answer }?.element.name
    }
}
