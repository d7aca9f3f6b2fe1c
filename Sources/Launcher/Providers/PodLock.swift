import CLinux
import Contract
import Linux
import Logging

/// Keeps `up`, `start`, `stop` and `down` of one pod apart: the second waits until the first is done, or was killed.
///
/// It lies where only this user can open it. The project's folder would not do: the pod's public area could lock it too.
enum PodLock {
    private static let waitMilliseconds: Int64 = 300_000
    private static let silentMilliseconds: Int64 = 1000

    /// Runs `body` while nobody else changes the pod.
    ///
    /// - Throws: code 10 when somebody else goes on changing it for five minutes, and what `body` throws.
    static func hold<Result>(_ podName: String, log: Logger, _ body: () async throws -> Result) async throws -> Result {
        let path = try TokenStore(podName: podName).sibling("lock")
        let file = try failing(.refused) { () throws(SystemError) in
            try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600, stage: "open \(path)")
        }
        try await take(file.raw, log)
        defer { flock(file.raw, LOCK_UN) }
        return try await body()
    }

    private static func take(_ file: Int32, _ log: Logger) async throws {
        let start = monotonicMilliseconds()
        var hasSaid = false
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            let waited = monotonicMilliseconds() - start
            if waited > waitMilliseconds {
                throw Failure(
                    .timeout, "another tazpod has been starting or stopping this pod for \(waited / 60_000) minutes; end it")
            }
            if waited > silentMilliseconds, !hasSaid {
                log.notice("waiting for another tazpod that starts or stops this pod")
                hasSaid = true
            }
            try await Task.sleep(nanoseconds: 20_000_000)
        }
    }
}
