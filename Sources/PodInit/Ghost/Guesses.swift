/// How often a user has guessed the vault's passphrase wrong, without a right one since. From the fifth wrong one on, each is
/// followed by a pause, twice as long as the one before.
///
/// Kept here, since a keeper ends with every lock; a restart of the pod, which is the host's to ask for, forgets it.
struct Guesses: Equatable {
    private(set) var wrong: Int64 = 0
    /// When the pause is over, in monotonic milliseconds.
    private var pauseEnd: Int64 = 0

    private static let free: Int64 = 5
    private static let firstPause: Int64 = 5
    private static let longestPause: Int64 = 900

    /// Takes note of one more, at `now` in monotonic milliseconds.
    mutating func noteWrong(now: Int64) {
        wrong = min(wrong &+ 1, 1_000)
        guard wrong >= Guesses.free else { return }
        let doublings = min(wrong &- Guesses.free, 10)
        pauseEnd = now &+ min(Guesses.firstPause << doublings, Guesses.longestPause) &* 1000
    }

    /// Whole seconds that the next try has to wait; 0 when there is no need to.
    func pause(now: Int64) -> Int64 {
        now >= pauseEnd ? 0 : (pauseEnd &- now &+ 999) / 1000
    }

    /// How many tries there may be before the next answer: also those that run side by side are counted.
    var tries: Int64 {
        max(Guesses.free &- wrong, 1)
    }
}
