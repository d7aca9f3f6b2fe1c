import CLinux
import Linux

extension Account {
    /// Runs `body` with this user's rights to files (setfsuid(2)), and no others; what it makes is this user's. For a process
    /// that is root, and stays it: another process of this user gets no hold of it.
    func withFileRights<Result, Problem>(_ body: () throws(Problem) -> Result) throws(Problem) -> Result {
        setfsgid(gid)
        setfsuid(uid)
        defer {
            setfsuid(0)
            setfsgid(0)
        }
        return try body()
    }
}
