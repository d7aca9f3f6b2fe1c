import CLinux
import Contract
import Linux

/// Where a vault for a trial is: a file system in memory that this process and its children alone see, so that nothing of it can be
/// left behind, however they end.
enum TrialFolder {
    static let path = "/tmp"
    /// The header, a file system with a journal, and room for a driver that writes the vault anew beside the old one.
    private static let options = "mode=0700,size=64m"
    /// A loop device clears itself some time after its last user has gone.
    private static let patienceMilliseconds: Int64 = 3_000
    private static let lookMilliseconds: Int32 = 5

    /// A mount namespace of our own, from which nothing gets out.
    static func enterOwnNamespace() throws(Failure) {
        try failing(.provider, next: "the pod needs CAP_SYS_ADMIN; tazpod up starts one that has it") { () throws(SystemError) in
            try retrying("make a mount namespace") { clinux_unshare(CLONE_NEWNS) }
            try retrying("keep our mounts private") { mount(nil, "/", nil, UInt(MS_REC | MS_PRIVATE), nil) }
        }
    }

    /// Runs `body` with the folder there, and empty.
    ///
    /// - Throws: code 6 when something still uses a file in it afterwards: it cannot be unmounted then.
    static func use<Result>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        try failing(.provider) { () throws(SystemError) in
            try retrying("mount a tmpfs for a trial") { mount("tmpfs", path, "tmpfs", UInt(MS_NOSUID | MS_NODEV), options) }
        }
        let result: Result
        do throws(Failure) {
            result = try body()
        } catch {
            umount2(path, Int32(MNT_DETACH))
            throw error
        }
        try remove()
        return result
    }

    private static func remove() throws(Failure) {
        let deadline = monotonicMilliseconds() &+ patienceMilliseconds
        while umount2(path, 0) != 0 {
            if monotonicMilliseconds() >= deadline {
                umount2(path, Int32(MNT_DETACH))
                throw Failure(.vault, "the vault was locked, and something still used its image; please report this")
            }
            poll(nil, 0, lookMilliseconds)
        }
    }
}
