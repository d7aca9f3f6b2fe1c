import CLinux
import Contract
import Linux
import Testing

@testable import PodInit

struct RequestTests {
    private func parse(_ text: String) throws -> Request {
        try Request.parse(try #require(Message(parsing: [UInt8](text.utf8))))
    }

    private let main: Name
    private let all: [(Request, String)]

    init() throws {
        main = try #require(Name([UInt8]("main".utf8)))
        all = [
            (.status, "status"), (.sessions, "sessions"), (.services(from: 0), "services"), (.logs(main), "logs"),
            (.reload, "reload"), (.doctor, "doctor"), (.ensureSession(main), "ensure-session"),
            (.createSession(main), "create-session"),
            (.endSession(main), "end-session"), (.probe(.ready), "probe"), (.stop, "stop"), (.ghost(.unlock), "unlock"),
            (.ghost(.lock), "lock"), (.ghost(.attach), "attach"), (.ghost(.exec), "exec"), (.ghost(.vault), "vault"),
        ]
    }

    @Test("Every word of the control socket is known")
    func words() throws {
        #expect(try parse("status") == .status)
        #expect(try parse("sessions") == .sessions)
        #expect(try parse("stop") == .stop)
        #expect(try parse("probe") == .probe(.live))
        #expect(try parse("probe\0kind=live") == .probe(.live))
        #expect(try parse("probe\0kind=ready") == .probe(.ready))
        #expect(try parse("ensure-session\0name=main") == .ensureSession(main))
        #expect(try parse("create-session\0name=main") == .createSession(main))
        #expect(try parse("end-session\0name=main") == .endSession(main))
        #expect(try parse("services") == .services(from: 0))
        #expect(try parse("services\0from=7") == .services(from: 7))
        #expect(try parse("services\0from=-7") == .services(from: 0))
        #expect(try parse("logs\0service=main") == .logs(main))
        #expect(try parse("reload") == .reload)
        #expect(try parse("doctor") == .doctor)
        #expect(try parse("unlock\0detach=1") == .ghost(.unlock))
        #expect(try parse("lock") == .ghost(.lock))
        #expect(try parse("attach") == .ghost(.attach))
        #expect(try parse("exec\0arg=ls") == .ghost(.exec))
        #expect(try parse("vault\0action=info") == .ghost(.vault))
    }

    @Test(
        "Another word, or one without what it needs, is a usage error",
        arguments: [
            "ok", "error", "statu", "status2", "ensure-session", "end-session\0name=a.b", "logs", "logs\0service=../a",
            "probe\0kind=well", "probe\0kind=", "run", "state",
        ])
    func unknown(text: String) {
        let error = #expect(throws: Failure.self) { try parse(text) }
        #expect(error?.code == .usage)
    }

    private func allowed(_ uid: uid_t) -> [String] {
        all.filter { request, _ in
            (try? request.check(Peer(pid: 10, uid: uid), workspaceUID: 1000)) != nil
        }.map { $0.1 }
    }

    @Test("Root may ask anything")
    func root() {
        #expect(allowed(0) == all.map { $0.1 })
    }

    @Test("The workspace user may ask anything but a stop")
    func workspaceUser() {
        #expect(allowed(1000) == all.map { $0.1 }.filter { $0 != "stop" })
    }

    @Test("Anybody else may only probe", arguments: [1, 999, 1001, 65_534, uid_t.max])
    func others(uid: uid_t) {
        #expect(allowed(uid) == ["probe"])
    }

    @Test("A refusal names the uid and has the code for it")
    func refusal() {
        #expect(throws: Failure(.refused, "uid 7 may not ask the pod for this; ask as root or as the workspace user")) {
            try Request.status.check(Peer(pid: 10, uid: 7), workspaceUID: 1000)
        }
    }
}
