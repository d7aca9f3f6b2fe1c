import CLinux

/// The tmux session `main` of the public area, which init keeps alive.
struct PublicSession {
    static let name = "main"

    /// tmux's server, once it told us; it is our child because tmux leaves it an orphan.
    var serverPID: pid_t?
    /// The session was there at least once, or there can be none in this image.
    var isUp = false
    var isStarting = false
    private var lastStart: Int64 = 0
    private var waitMilliseconds: Int64 = 0

    /// A session that lived this long starts over without a wait.
    private static let goodRun: Int64 = 10_000
    private static let longestWait: Int64 = 60_000

    /// Notes a start at `now`.
    mutating func started(now: Int64) {
        isStarting = true
        lastStart = now
    }

    /// When to start again after an end at `now`: at once after a good run, else after a wait that doubles.
    mutating func nextStart(now: Int64) -> Int64 {
        if now - lastStart >= PublicSession.goodRun {
            waitMilliseconds = 0
        } else {
            waitMilliseconds = min(max(waitMilliseconds * 2, 250), PublicSession.longestWait)
        }
        return now + waitMilliseconds
    }
}
