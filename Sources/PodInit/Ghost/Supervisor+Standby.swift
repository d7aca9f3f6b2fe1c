import CLinux
import Linux

/// The process of the next ghost is started before anybody asks for it, so that whoever unlocks does not wait for its libraries. It
/// holds nothing, and becomes the ghost's with the first request that it gets.
extension Supervisor {
    /// Long enough that neither a pod's start nor a lock is slower for it.
    private static let standbyMilliseconds: Int64 = 500

    func planStandby() {
        guard hasSecondUser else { return }
        deadlines.set(.standby, at: monotonicMilliseconds() + Supervisor.standbyMilliseconds)
    }

    /// One that does not come up, or ends, is not replaced: the next request starts its own, and hears why that fails.
    func startStandby() {
        guard ghost == nil, standby == nil, stopping == nil else { return }
        standby = try? startGhostProcess()
    }

    func takeStandby() -> GhostLink? {
        defer { standby = nil }
        return standby
    }

    /// It ends when it hears no more from us.
    func endStandby() {
        deadlines.clear(.standby)
        standby = nil
    }

    /// Without one nothing could keep a secret from the public area.
    var hasSecondUser: Bool { geteuid() == 0 && configuration.account != nil }
}
