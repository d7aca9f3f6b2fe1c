import Testing

@testable import Secrets

struct RetryPolicyTests {
    private func pause(
        _ outcome: RetryPolicy.Outcome, tried: Int = 1, elapsed: Int64 = 0, isRepeatable: Bool = true, random: Double = 0
    ) -> Int64? {
        RetryPolicy().pause(after: outcome, tried: tried, elapsed: elapsed, isRepeatable: isRepeatable, random: random)
    }

    @Test("A server's error is tried again, twice, each pause twice as long", arguments: [500, 502, 503, 504])
    func serverError(status: Int) {
        #expect(pause(.status(status, retryAfter: nil)) == 125)
        #expect(pause(.status(status, retryAfter: nil), tried: 2) == 250)
        #expect(pause(.status(status, retryAfter: nil), tried: 3) == nil)
    }

    @Test("Pauses differ, so that clients do not come back together")
    func jitter() {
        #expect(pause(.status(500, retryAfter: nil), random: 0.5) == 187)
        #expect(pause(.status(500, retryAfter: nil), random: 0.999) == 249)
    }

    @Test("What another try would not change is not tried again", arguments: [301, 400, 401, 403, 404, 409, 422, 501])
    func final(status: Int) {
        #expect(pause(.status(status, retryAfter: nil)) == nil)
        #expect(pause(.status(status, retryAfter: 1)) == nil)
        #expect(pause(.final) == nil)
    }

    @Test("Retry-After is kept to, but not for long")
    func retryAfter() {
        #expect(pause(.status(429, retryAfter: 7_000)) == 7_000)
        #expect(pause(.status(429, retryAfter: 0)) == 0)
        #expect(pause(.status(429, retryAfter: nil)) == 125)
        #expect(pause(.status(429, retryAfter: 31_000)) == nil)
    }

    @Test("A refused or ended connection is tried again once")
    func connection() {
        #expect(pause(.refused) == 125)
        #expect(pause(.refused, tried: 2) == nil)
        #expect(pause(.reset) == 125)
        #expect(pause(.reset, tried: 2) == nil)
    }

    @Test("What may have been done is not done twice")
    func repeatable() {
        #expect(pause(.reset, isRepeatable: false) == nil)
        #expect(pause(.status(500, retryAfter: nil), isRepeatable: false) == nil)
        #expect(pause(.refused, isRepeatable: false) == 125)
        #expect(pause(.status(429, retryAfter: 1_000), isRepeatable: false) == 1_000)
        #expect(pause(.status(503, retryAfter: nil), isRepeatable: false) == 125)
    }

    @Test("No pause ends after the deadline")
    func deadline() {
        #expect(pause(.status(429, retryAfter: 20_000), elapsed: 39_999) == 20_000)
        #expect(pause(.status(429, retryAfter: 20_000), elapsed: 40_000) == nil)
        #expect(pause(.status(500, retryAfter: nil), elapsed: 70_000) == nil)
    }

    @Test("Retry-After is in seconds, or a date")
    func reading() {
        let now: Int64 = 1_792_000_000
        #expect(RetryPolicy.retryAfter("12", now: now) == 12_000)
        #expect(RetryPolicy.retryAfter(" 0", now: now) == 0)
        #expect(RetryPolicy.retryAfter("Wed, 14 Oct 2026 18:27:00 GMT", now: now) == 2_420_000)
        #expect(RetryPolicy.retryAfter("Wed, 14 Oct 2015 18:27:00 GMT", now: now) == 0)
    }

    @Test("What is neither is passed over", arguments: ["", "soon", "12 s", "-5", "99999999999999999999", "1.5", "\u{0}"])
    func nonsense(text: String) {
        #expect(RetryPolicy.retryAfter(text, now: 1_792_000_000) == nil)
    }
}
