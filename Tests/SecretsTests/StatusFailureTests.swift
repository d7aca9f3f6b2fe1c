import Contract
import Testing

@testable import Secrets

struct StatusFailureTests {
    private func failure(_ status: Int, retryAfter: Int64? = nil, location: String? = nil, clock: Int64? = nil) -> Failure {
        StatusFailure(
            host: "example.com", path: "/api", status: status, retryAfter: retryAfter, location: location, clockDifference: clock
        ).failure
    }

    @Test(
        "Each status has its code, and the server's name is in the sentence",
        arguments: [
            (301, ExitCode.project), (400, .provider), (401, .proof), (403, .proof), (404, .project), (429, .provider),
            (500, .provider),
            (503, .provider), (100, .provider),
        ])
    func codes(status: Int, code: ExitCode) {
        #expect(failure(status).code == code)
        #expect(failure(status).sentence.hasPrefix("example.com "))
    }

    @Test("A clock far off is a reason to be refused; one a little off is none")
    func clock() {
        #expect(failure(401, clock: 7_200).sentence.contains("the clock here is 120 min behind the server's"))
        #expect(failure(403, clock: -3_600).sentence.contains("the clock here is 60 min ahead of the server's"))
        #expect(!failure(401, clock: 299).sentence.contains("clock"))
        #expect(!failure(401, clock: Int64.min).sentence.isEmpty)
    }

    @Test("It says when to come back, and where a redirect leads")
    func details() {
        #expect(failure(429, retryAfter: 61_500).sentence.contains("in 62 s"))
        #expect(failure(302, location: "https://other.example").sentence.contains("https://other.example"))
    }
}
