import FoundationEssentials
import Testing

@testable import Launcher

struct TableTests {
    @Test("Columns are as wide as their widest word, and a line has no spaces at its end")
    func columns() {
        #expect(
            Table.render([["POD", "STATE"], ["a", "running"], ["longer", "x"]]) == "POD     STATE\na       running\nlonger  x")
    }

    @Test("Rows may differ in length")
    func ragged() {
        #expect(Table.render([["a"], ["bb", "c"], ["d", "e", "f"]]) == "a\nbb  c\nd   e  f")
    }

    @Test("Letters count, and not bytes")
    func letters() {
        #expect(Table.render([["é日", "x"], ["abc", "y"]]) == "é日   x\nabc  y")
    }

    @Test("Nothing is nothing")
    func empty() {
        #expect(Table.render([]) == "")
        #expect(Table.render([[]]) == "")
    }
}

/// JSON that scripts read: fields may be added, never renamed.
struct PublishedStateTests {
    private func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    private let status = PodStatus(
        project: "web", name: "tazpod-web-1", provider: "native", pod: "ready", directory: "/p/web",
        vault: PodStatus.Vault(state: "open", driver: "fuse"), enclave: PodStatus.Enclave(allowed: ["bpf", "io_uring"]),
        uptime: 5, version: "0.1.0")

    @Test("A status has these fields")
    func statusJSON() throws {
        #expect(
            try json(status) == """
                {"directory":"/p/web","enclave":{"allowed":["bpf","io_uring"]},"name":"tazpod-web-1","pod":"ready","project":"web","provider":"native","uptime":5,\
                "vault":{"driver":"fuse","state":"open"},"version":"0.1.0"}
                """)
    }

    @Test("What is not known is not in it")
    func partialStatus() throws {
        let status = PodStatus(project: "web", pod: "stopped", vault: PodStatus.Vault(state: "unknown"))
        #expect(try json(status) == "{\"pod\":\"stopped\",\"project\":\"web\",\"vault\":{\"state\":\"unknown\"}}")
        #expect(try JSONDecoder().decode(PodStatus.self, from: Data(try json(status).utf8)) == status)
    }

    @Test("A status of a later version is read, whatever was added")
    func laterStatus() throws {
        let text = "{\"pod\":\"ready\",\"project\":\"web\",\"vault\":{\"state\":\"open\",\"new\":1},\"new\":[]}"
        #expect(try JSONDecoder().decode(PodStatus.self, from: Data(text.utf8)).pod == "ready")
    }

    @Test("A status for people has a line for each thing that is known")
    func statusLines() {
        #expect(
            status.lines == """
                project    web
                pod        tazpod-web-1 (ready)
                provider   native
                directory  /p/web
                vault      open (fuse)
                enclave    loosened: bpf, io_uring
                """)
        #expect(
            PodStatus(project: "web", pod: "starting", vault: PodStatus.Vault(state: "locked")).lines
                == "project  web\npod      starting\nvault    locked")
    }

    @Test("A vault in memory has more to say: whether and when it was saved, and why not")
    func vaultInMemory() throws {
        let vault = PodStatus.Vault(state: "open", driver: "ram", unsaved: true, saved: 1_700_000_000, problem: "no room")
        #expect(
            try json(vault)
                == "{\"driver\":\"ram\",\"problem\":\"no room\",\"saved\":1700000000,\"state\":\"open\",\"unsaved\":true}")
        #expect(vault.line.hasPrefix("open (ram), not saved since 2023-11-1") && vault.line.hasSuffix(": no room"))
        let saved = PodStatus.Vault(state: "open", driver: "ram", unsaved: false, saved: 1_700_000_000)
        #expect(saved.line.hasPrefix("open (ram), saved at 2023-11-1"))
    }

    @Test("A pod in a list has these fields, and neither its environment nor its pid")
    func record() throws {
        let record = PodRecord(
            name: "pod", project: "web", directory: "/p/web", provider: "native", state: .stopped, planDigest: "0", user: "ann",
            pid: 5, environment: ["A": "B"])
        #expect(
            try json(record.published) == """
                {"directory":"/p/web","name":"pod","project":"web","provider":"native","state":"stopped"}
                """)
    }

    private let sessions = SessionList(sessions: [
        SessionList.Session(name: "main", kind: "public", windows: 2, attached: 1, created: 99),
        SessionList.Session(name: "ghost", kind: "ghost"),
    ])

    @Test("Sessions have these fields")
    func sessionsJSON() throws {
        #expect(
            try json(sessions) == """
                {"sessions":[{"attached":1,"created":99,"kind":"public","name":"main","windows":2},{"kind":"ghost","name":"ghost"}]}
                """)
    }

    @Test("Sessions for people are a table")
    func sessionLines() {
        #expect(
            sessions.lines == """
                SESSION  KIND    WINDOWS  ATTACHED
                main     public  2        1
                ghost    ghost   -        -
                """)
    }
}
