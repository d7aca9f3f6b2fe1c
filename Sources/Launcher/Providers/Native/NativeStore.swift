import CLinux
import Contract
import FoundationEssentials
import Linux

/// Where native pods are kept on the host, in place of an engine's labels: a folder for each, and what runs in /run.
struct NativeStore: Sendable {
    /// The folder of all pods: root's, or this user's own.
    let root: String

    private static let systemRoot = "/var/lib/tazpod"
    private static let recordFile = "pod.json"

    /// What is written when a pod starts. A later version has to read it, so it holds no more than is asked for.
    private struct Running: Codable {
        var project: String
        var directory: String
        var user: String
        var environment: [String: String]
        var planDigest: String
        /// 0 when it was not started yet.
        var pid: Int32
        /// In clock ticks since boot (proc_pid_stat(5)): a pid alone may be another process by now.
        var startTime: UInt64
        var bootID: String
    }

    init() {
        root = geteuid() == 0 ? NativeStore.systemRoot : NativeStore.usersRoot(environmentValue, uid: getuid())
    }

    /// Where the XDG Base Directory Specification has a user's state; paths that are not absolute do not count.
    static func usersRoot(_ variable: (String) -> String?, uid: uid_t) -> String {
        if let state = variable("XDG_STATE_HOME"), state.hasPrefix("/") { return "\(state)/tazpod" }
        let home = variable("HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        return "\(home ?? (try? Account.find(String(uid)))?.home ?? "/")/.local/state/tazpod"
    }

    /// The folders of this machine's pods that are there.
    var hidden: [String] {
        [NativeStore.systemRoot, root].reduce(into: []) { folders, folder in
            if !folders.contains(folder), access(folder, F_OK) == 0 { folders.append(folder) }
        }
    }

    func folder(_ name: String) -> String { "\(root)/\(name)" }

    /// What is on its way out: a pod that is half removed is none.
    func removedFolder(_ name: String) -> String { "\(root)/.\(name).removed" }

    func logFile(_ name: String) -> String { "\(folder(name))/log" }

    /// Makes the pod's folder, home and accounts, and notes it as one that does not run: whoever is killed later leaves a pod that
    /// can be found.
    func prepare(_ plan: PodPlan, accounts: NativeAccounts) throws {
        let folder = folder(plan.name)
        try failing(.provider) { () throws(SystemError) in
            try makeRoot()
            if mkdir(folder, 0o755) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(folder)") }
        }
        try save(plan, pid: nil)
        try failing(.provider) { () throws(SystemError) in
            try write(accounts.passwd, to: "\(folder)/passwd")
            try write(accounts.group, to: "\(folder)/group")
        }
        try makeVolumes(plan, accounts)
        let home = "\(folder)/home"
        if access(home, F_OK) == 0 { return }
        try failing(.provider) { () throws(SystemError) in
            try makeHome("\(home).new", plan, accounts)
            try retrying("make \(home)") { rename("\(home).new", home) }
        }
    }

    /// As useradd -m would: the skeleton, then the owner.
    private func makeHome(_ home: String, _ plan: PodPlan, _ accounts: NativeAccounts) throws(SystemError) {
        if mkdir(home, 0o700) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(home)") }
        var copying = SpawnPlan(["cp", "-r", "/etc/skel/.", home], environment: [[UInt8]("PATH=/usr/bin:/bin".utf8)])
        if geteuid() == 0 {
            try retrying("give \(home) to the user") { chown(home, accounts.uid, accounts.gid) }
            copying.account = Account(
                name: plan.workspace.user, uid: accounts.uid, gid: accounts.gid, home: home, shell: "", groups: [accounts.gid])
        }
        guard access("/etc/skel", R_OK) == 0 else { return }
        var status: Int32 = 0
        let pid = try spawn(copying)
        try retrying("wait for cp") { waitpid(pid, &status, 0) }
    }

    /// In place of an engine's volumes: folders that go with the pod.
    static func volume(_ name: String, state: String) -> String { "\(state)/volumes/\(name)" }

    private func makeVolumes(_ plan: PodPlan, _ accounts: NativeAccounts) throws {
        for mount in plan.workspace.mounts {
            guard case .volume(let name) = mount.source else { continue }
            let path = NativeStore.volume(name, state: folder(plan.name))
            try failing(.provider) { () throws(SystemError) in
                for made in ["\(folder(plan.name))/volumes", path] where mkdir(made, 0o755) != 0 && clinux_errno() != EEXIST {
                    throw SystemError.last("make \(made)")
                }
                if geteuid() == 0 { try retrying("give \(path) to the user") { chown(path, accounts.uid, accounts.gid) } }
            }
        }
    }

    /// What is on the way to a user's own folder is made too, for that user alone.
    private func makeRoot() throws(SystemError) {
        var path = ""
        for part in root.split(separator: "/") {
            path += "/\(part)"
            if access(path, F_OK) == 0 { continue }
            let mode: mode_t = root == NativeStore.systemRoot ? 0o755 : 0o700
            if mkdir(path, mode) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(path)") }
        }
    }

    private func write(_ text: String, to path: String) throws(SystemError) {
        let temporary = "\(path).new"
        try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644, stage: "write \(path)")
            .write(text, stage: "write \(path)")
        try retrying("write \(path)") { rename(temporary, path) }
    }

    /// - Parameter pid: Of its first process; nil when there is none yet.
    func save(_ plan: PodPlan, pid: Int32?) throws {
        let running = Running(
            project: plan.project, directory: plan.directory, user: plan.workspace.user, environment: plan.userEnvironment,
            planDigest: plan.digest, pid: pid ?? 0, startTime: try pid.flatMap { try NativeStore.startTime($0) } ?? 0,
            bootID: NativeStore.bootID())
        let text = String(decoding: try JSONEncoder().encode(running), as: UTF8.self)
        try failing(.provider) { () throws(SystemError) in
            try write(text, to: "\(folder(plan.name))/\(NativeStore.recordFile)")
        }
    }

    func names() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    func record(_ name: String) throws -> PodRecord? {
        let path = "\(folder(name))/\(NativeStore.recordFile)"
        guard access(path, F_OK) == 0 else { return nil }
        let bytes = try failing(.provider) { () throws(SystemError) in try readFile(path, stage: "read \(path)") }
        guard let saved = try? JSONDecoder().decode(Running.self, from: Data(bytes)) else {
            throw Failure(.provider, "\(path) is not of this version's form; remove \(folder(name)) if the pod is gone")
        }
        let runs = try saved.bootID == NativeStore.bootID() && NativeStore.startTime(saved.pid) == saved.startTime
        return PodRecord(
            name: name, project: saved.project, directory: saved.directory, provider: "native",
            state: runs ? .running : .stopped, planDigest: saved.planDigest, user: saved.user, pid: runs ? saved.pid : nil,
            environment: saved.environment)
    }

    func remove(_ name: String) throws {
        let removed = removedFolder(name)
        do {
            if access(removed, F_OK) == 0 { try FileManager.default.removeItem(atPath: removed) }
            guard access(folder(name), F_OK) == 0 else { return }
            try failing(.provider) { () throws(SystemError) in
                try retrying("move \(folder(name))") { rename(folder(name), removed) }
            }
            try FileManager.default.removeItem(atPath: removed)
        } catch {
            throw Failure(.provider, "the folder \(removed) could not be removed; remove it by hand")
        }
    }

    /// Field 22 of /proc/PID/stat; nil when there is no such process, or it is a zombie.
    private static func startTime(_ pid: Int32) throws -> UInt64? {
        guard let bytes = try? readFile("/proc/\(pid)/stat", stage: "look at process \(pid)") else { return nil }
        // The second field is the program's name, in parentheses, which may hold anything.
        let afterName = String(decoding: bytes, as: UTF8.self).split(separator: ")").last ?? ""
        let fields = afterName.split(separator: " ")
        guard fields.count > 19, fields[0] != "Z" else { return nil }
        return UInt64(fields[19])
    }

    private static func bootID() -> String {
        let bytes = (try? readFile("/proc/sys/kernel/random/boot_id", stage: "read the boot id")) ?? []
        return String(decoding: bytes.filter { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
