import Testing

@testable import PodInit

struct GuessesTests {
    private func guesses(wrong count: Int, at now: Int64 = 1_000) -> Guesses {
        var guesses = Guesses()
        for _ in 0..<count { guesses.noteWrong(now: now) }
        return guesses
    }

    @Test("Four wrong ones cost nothing", arguments: 0...4)
    func free(count: Int) {
        #expect(guesses(wrong: count).pause(now: 1_000) == 0)
        #expect(guesses(wrong: count).tries == Int64(5 - count))
    }

    @Test(
        "From the fifth on there is a pause that doubles, up to a quarter of an hour",
        arguments: [(5, 5), (6, 10), (7, 20), (8, 40), (11, 320), (12, 640), (13, 900), (40, 900), (2_000, 900)])
    func pause(count: Int, seconds: Int64) {
        let guesses = guesses(wrong: count)
        #expect(guesses.pause(now: 1_000) == seconds)
        #expect(guesses.pause(now: 1_001) == seconds)
        #expect(guesses.pause(now: 2_000) == seconds - 1)
        #expect(guesses.pause(now: 1_000 + seconds * 1_000) == 0)
        #expect(guesses.tries == 1)
    }
}
