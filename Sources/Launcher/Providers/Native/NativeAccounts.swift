import CLinux
import Contract
import Linux

/// The users of a native pod: the host's, with the workspace user among them.
struct NativeAccounts: Equatable {
    /// The pod's /etc/passwd and /etc/group.
    var passwd: String
    var group: String
    /// The workspace user.
    var uid: uid_t
    var gid: gid_t

    /// The workspace user has the uid of the project's owner, so that the files stay whose they are; a project of root's gets
    /// the usual first user, because nothing can keep a secret from root.
    ///
    /// - Parameter isMapped: The pod's ids are not the host's: then its files stay whose they are by their `IDMap`.
    static func forPod(_ plan: PodPlan, isMapped: Bool) throws(Failure) -> NativeAccounts {
        var status = stat()
        guard stat(plan.directory, &status) == 0 else {
            throw Failure(.project, SystemError.last("look at the project's folder \(plan.directory)"))
        }
        let takesDefault = status.st_uid == 0 || isMapped
        let host = try failing(.provider) { () throws(SystemError) in
            (try readFile("/etc/passwd", stage: "read /etc/passwd"), try readFile("/etc/group", stage: "read /etc/group"))
        }
        return make(
            user: plan.workspace.user, uid: takesDefault ? IDMap.workspaceID : status.st_uid,
            gid: takesDefault ? IDMap.workspaceID : status.st_gid,
            passwd: String(decoding: host.0, as: UTF8.self), group: String(decoding: host.1, as: UTF8.self))
    }

    /// Adds the user; lines of the same name or number give way.
    static func make(user: String, uid: uid_t, gid: gid_t, passwd: String, group: String) -> NativeAccounts {
        let home = "/home/\(user)"
        let users = keep(passwd, unlike: user, uid) + ["\(user):x:\(uid):\(gid):TazPod workspace:\(home):/bin/bash"]
        // The host's user of that name may be a member of groups that own the host's devices and sockets.
        let groups =
            keep(group, unlike: user, gid).filter { !$0.hasPrefix("\(terminalGroup):") }.map { withoutMember($0, user) }
            + ["\(user):x:\(gid):"]
        return NativeAccounts(
            passwd: users.joined(separator: "\n") + "\n", group: groups.joined(separator: "\n") + "\n", uid: uid, gid: gid)
    }

    /// bubblewrap's terminals are not of this group, and only root could give them to it. sshd, which is the user, would try, and end.
    private static let terminalGroup = "tty"

    private static func withoutMember(_ line: String, _ user: String) -> String {
        var fields = line.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        guard fields.count == 4 else { return line }
        fields[3] = fields[3].split(separator: ",").filter { $0 != user }.joined(separator: ",")
        return fields.joined(separator: ":")
    }

    private static func keep(_ file: String, unlike name: String, _ number: UInt32) -> [String] {
        file.split(separator: "\n").map { String($0) }.filter { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            return fields.count >= 3 && fields[0] != name && fields[2] != String(number)
        }
    }
}
