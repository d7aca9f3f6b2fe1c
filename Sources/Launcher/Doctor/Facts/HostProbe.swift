import CLinux
import Contract
import FoundationEssentials
import Linux
import Logging

/// Looks at this machine, without asking any daemon.
struct HostProbe {
    let log: Logger

    static func host() -> HostFacts {
        let uid = getuid()
        var facts = HostFacts()
        facts.isRoot = geteuid() == 0
        facts.user = HostFiles.userName(HostFiles.text("/etc/passwd"), uid: uid)
        facts.kernel = HostFiles.setting("kernel/osrelease")
        facts.userNamespaces = HostFiles.setting("user/max_user_namespaces").flatMap { UInt64($0) }
        facts.unprivilegedUserNamespaces = HostFiles.setting("kernel/unprivileged_userns_clone")
        facts.restrictedUserNamespaces = HostFiles.setting("kernel/apparmor_restrict_unprivileged_userns")
        facts.hasProfile = !["", "unconfined\n"].contains(HostFiles.text("/proc/self/attr/current"))
        facts.subordinateUsers = SubordinateIDs.parse(HostFiles.text("/etc/subuid"), user: facts.user, uid: uid)
        facts.subordinateGroups = SubordinateIDs.parse(HostFiles.text("/etc/subgid"), user: facts.user, uid: uid)
        facts.missingMapPrograms = missing([("newuidmap", "uidmap"), ("newgidmap", "uidmap")]).map { $0.name }
        return facts
    }

    // -- what native uses --------------------------------------------------------------------------------------------------

    private static let builders = [("bwrap", "bubblewrap"), ("nsenter", "util-linux"), ("setpriv", "util-linux")]
    private static let guests = [("tmux", "tmux"), ("bash", "bash"), ("mke2fs", "e2fsprogs"), ("e2fsck", "e2fsprogs")]

    func native() -> NativeFacts {
        var facts = NativeFacts()
        facts.missingPrograms = HostProbe.missing(HostProbe.builders)
        let version = try? HostCommand(arguments: ["bwrap", "--version"], onlyEnvironment: NativeLayout.baseEnvironment)
            .run(seconds: EngineProbe.seconds, log: log)
        facts.bubblewrap = version.flatMap { $0.output.split(separator: "\n").first.map { String($0) } }
        return facts
    }

    static func nativeImage() -> ImageAnswer {
        .programs(missing: missing(guests))
    }

    /// Native pods and what builds them look along a path of their own.
    private static func missing(_ programs: [(name: String, package: String)]) -> [NativeFacts.MissingProgram] {
        programs.filter { !isProgram($0.name, path: NativeLayout.baseEnvironment["PATH"] ?? "") }
            .map { NativeFacts.MissingProgram(name: $0.name, package: $0.package) }
    }

    private static func isProgram(_ name: String, path: String) -> Bool {
        path.split(separator: ":").contains { folder in
            var status = stat()
            let file = "\(folder)/\(name)"
            return stat(file, &status) == 0 && status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG) && access(file, X_OK) == 0
        }
    }

    // -- room and network --------------------------------------------------------------------------------------------------

    /// - Parameter isProject: There is a vault, or a place for one.
    static func vaultDisk(_ project: Project, isProject: Bool) -> DiskFacts {
        let folder = isProject ? project.vaultDirectory : project.directory
        var facts = disk("vault", folder)
        var image = stat()
        if stat(project.vaultImage, &image) == 0 {
            let (length, allocated) = (UInt64(max(image.st_size, 0)), UInt64(max(image.st_blocks, 0)) * 512)
            facts.wantedBytes = length > allocated ? length - allocated : 0
            facts.isWritable = access(project.vaultImage, W_OK) == 0
        } else {
            facts.wantedBytes = project.config.vault.size
        }
        return facts
    }

    /// The disk that `path` is on, or would be on: its nearest folder that exists is looked at.
    static func disk(_ name: String, _ path: String) -> DiskFacts {
        var folder = path
        while access(folder, F_OK) != 0, let slash = folder.lastIndex(of: "/") {
            folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
        }
        var status = statvfs()
        let isKnown = statvfs(folder, &status) == 0
        return DiskFacts(
            name: name, path: folder, freeBytes: isKnown ? UInt64(status.f_bavail) * UInt64(status.f_frsize) : 0,
            isWritable: access(folder, W_OK) == 0)
    }

    static func network(_ config: ProjectConfig) -> NetworkFacts {
        NetworkFacts(
            nameServers: HostFiles.nameServers(HostFiles.text("/etc/resolv.conf")),
            hasDefaultRoute: HostFiles.hasDefaultRoute(
                ipv4: HostFiles.text("/proc/net/route"), ipv6: HostFiles.text("/proc/net/ipv6_route")),
            proxyVariables: HostFiles.proxyVariables(
                ProcessInfo.processInfo.environment, passedOn: Array(config.environment.keys)),
            forwardsPackets: HostFiles.setting("net/ipv4/ip_forward").map { $0 == "1" })
    }
}
