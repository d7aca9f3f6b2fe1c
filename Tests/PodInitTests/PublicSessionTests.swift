import Testing

@testable import PodInit

struct PublicSessionTests {
    private func session(_ text: String, _ identifier: UInt32 = 1) throws -> PublicSession {
        PublicSession(identifier: identifier, name: try #require(Name([UInt8](text.utf8))))
    }

    @Test("A session starts again after a wait that grows with every short life, and not after a good one")
    func waits() throws {
        let session = try session("main")
        var now: Int64 = 1_000_000
        var waits: [Int64] = []
        for life in [5, 5, 5, 20_000, 5] as [Int64] {
            session.started(now: now)
            let next = session.nextStart(now: now + life)
            waits.append(next - now - life)
            now = next
        }
        #expect(waits == [250, 500, 1_000, 250, 500])
    }

    @Test("A session is starting from when it was started")
    func starting() throws {
        let session = try session("main")
        #expect(!session.isStarting)
        session.started(now: 5)
        #expect(session.isStarting)
        #expect(!session.isUp)
    }

    @Test("The sessions are up when every one that is kept is")
    func areUp() throws {
        var sessions = PublicSessions()
        let (main, build) = (try session("main", 1), try session("build", 2))
        sessions.keep(main)
        sessions.keep(build)
        main.isUp = true
        #expect(!sessions.areUp)
        sessions.forget(build)
        #expect(sessions.areUp)
        #expect(sessions.session(1) === main)
        #expect(sessions.session(2) == nil)
        #expect(sessions.session(named: build.name) == nil)
    }
}
