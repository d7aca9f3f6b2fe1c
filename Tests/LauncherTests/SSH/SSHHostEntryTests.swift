import Testing

@testable import Launcher

struct SSHHostEntryTests {
    private func entry(_ session: SSHSession = .main, project: String = "/p/web", keys: String = "/s/ssh/k") -> SSHHostEntry {
        SSHHostEntry(
            session: session, podName: "tazpod-web-1", user: "ann", project: project, keys: SSHKeys(folder: keys),
            program: "/opt/tazpod")
    }

    private func value(_ key: String, of entry: SSHHostEntry) -> String? {
        let lines = entry.text.split(separator: "\n").map { $0.drop { $0 == " " } }
        return lines.first { $0.hasPrefix("\(key) ") }.map { String($0.dropFirst(key.count + 1)) }
    }

    @Test(
        "The pod and its ghost are two hosts",
        arguments: [(SSHSession.main, "tazpod-web-1"), (.ghost, "tazpod-web-1-ghost")])
    func hosts(session: SSHSession, host: String) {
        let entry = entry(session)
        #expect(value("Host", of: entry) == host)
        #expect(value("HostKeyAlias", of: entry) == host)
        #expect(value("User", of: entry) == "ann")
        #expect(
            value("ProxyCommand", of: entry)
                == "/opt/tazpod ssh-server --session \(session.rawValue) --project /p/web --keys /s/ssh/k")
    }

    @Test("Only the keys of this pod count, on both sides")
    func keys() {
        let entry = entry()
        #expect(value("IdentityFile", of: entry) == "/s/ssh/k/key")
        #expect(value("IdentitiesOnly", of: entry) == "yes")
        #expect(value("UserKnownHostsFile", of: entry) == "/s/ssh/k/known_hosts")
        #expect(value("GlobalKnownHostsFile", of: entry) == "/dev/null")
        #expect(value("StrictHostKeyChecking", of: entry) == "yes")
    }

    @Test("Paths stay one word, for ssh and for the shell that it starts")
    func paths() {
        let entry = entry(project: "/p/it's 100%", keys: "/s/a \"b\" 5%")
        #expect(value("IdentityFile", of: entry) == #""/s/a \"b\" 5%%/key""#)
        let command = value("ProxyCommand", of: entry)
        #expect(command?.contains(#"--project '/p/it'\''s 100%%'"#) == true)
        #expect(command?.hasSuffix(#"--keys '/s/a "b" 5%%'"#) == true)
    }

    @Test("A line break in a project's path adds no line to the configuration")
    func lineBreak() {
        #expect(entry(project: "/p/a\nHost *").text.split(separator: "\n").first?.contains("Host *. Written") == true)
    }
}
