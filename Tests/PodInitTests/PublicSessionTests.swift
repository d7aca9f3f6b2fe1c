import Testing

@testable import PodInit

struct PublicSessionTests {
    /// The waits, in milliseconds, after sessions that each lived for one of `lives`.
    private func waits(_ lives: [Int64]) -> [Int64] {
        var session = PublicSession()
        var now: Int64 = 1_000_000
        return lives.map { life in
            session.started(now: now)
            let end = now + life
            let next = session.nextStart(now: end)
            now = next
            return next - end
        }
    }

    @Test("A session that ends at once is started again after waits that double, up to a minute")
    func doubling() {
        #expect(
            waits([Int64](repeating: 5, count: 11))
                == [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
    }

    @Test(
        "A session that lived ten seconds is started again at once",
        arguments: [(9_999, 250), (10_000, 0), (1_000_000, 0)] as [(Int64, Int64)])
    func goodRun(life: Int64, wait: Int64) {
        #expect(waits([life]) == [wait])
    }

    @Test("After a good run the waits begin anew")
    func reset() {
        #expect(waits([1, 1, 1, 20_000, 1, 1]) == [250, 500, 1_000, 0, 250, 500])
    }

    @Test("A session is starting from when it was started")
    func starting() {
        var session = PublicSession()
        #expect(!session.isStarting)
        session.started(now: 5)
        #expect(session.isStarting)
        #expect(!session.isUp)
    }
}
