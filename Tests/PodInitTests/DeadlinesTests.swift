import Testing

@testable import PodInit

struct DeadlinesTests {
    @Test("Without deadlines there is no earliest one, and nothing expires")
    func empty() {
        var deadlines = Deadlines()
        #expect(deadlines.earliest == nil)
        #expect(deadlines.takeExpired(now: Int64.max).isEmpty)
    }

    @Test("The earliest is told, in whatever order they were set")
    func earliest() {
        var deadlines = Deadlines()
        deadlines.set(.stopping, at: 30)
        deadlines.set(.ghostLock, at: 10)
        deadlines.set(.sessionStart(1), at: 20)
        #expect(deadlines.earliest == 10)
    }

    @Test("Setting one again moves it, also to a later time")
    func move() {
        var deadlines = Deadlines()
        deadlines.set(.stopping, at: 10)
        deadlines.set(.stopping, at: 50)
        #expect(deadlines.earliest == 50)
        #expect(deadlines.takeExpired(now: 49).isEmpty)
        #expect(deadlines.takeExpired(now: 50) == [.stopping])
    }

    @Test("What expired is taken once, and what is to come stays")
    func expired() {
        var deadlines = Deadlines()
        deadlines.set(.sessionStart(1), at: 10)
        deadlines.set(.ghostLock, at: 11)
        deadlines.set(.stopping, at: 12)
        #expect(deadlines.takeExpired(now: 11) == [.sessionStart(1), .ghostLock])
        #expect(deadlines.takeExpired(now: 11).isEmpty)
        #expect(deadlines.earliest == 12)
    }

    @Test("Clearing one leaves the others")
    func clear() {
        var deadlines = Deadlines()
        deadlines.set(.sessionStart(1), at: 10)
        deadlines.set(.stopping, at: 20)
        deadlines.clear(.sessionStart(1))
        deadlines.clear(.ghostLock)
        #expect(deadlines.earliest == 20)
    }

    @Test("Each job has a deadline of its own")
    func jobs() {
        var deadlines = Deadlines()
        deadlines.set(.job(1), at: 10)
        deadlines.set(.job(2), at: 20)
        deadlines.clear(.job(1))
        #expect(deadlines.takeExpired(now: 100) == [.job(2)])
    }
}
