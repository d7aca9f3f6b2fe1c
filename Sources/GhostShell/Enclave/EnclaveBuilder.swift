import CLinux
import Contract
import Linux

/// Carries out an `EnclavePlan`, as root, in namespaces of its own, before it becomes the user.
///
/// Nothing may run as the user before the user namespace is entered: a process of the public area could take hold of such a
/// process's root folder, and keep it until the vault is mounted there.
struct EnclaveBuilder {
    let plan: EnclavePlan

    private static let vaultTrouble = "the vault's file system may be damaged or full, or the disk under it failing"

    /// New mount, IPC and UTS namespaces for this process, then all that takes no vault. (The PID namespace came with its fork.)
    func prepare() throws(Failure) {
        try failing(.provider, next: "the pod needs CAP_SYS_ADMIN; tazpod up starts one that has it") { () throws(SystemError) in
            try retrying("make the enclave's namespaces") { clinux_unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS) }
        }
        for step in plan.steps {
            try failing(.provider, next: "docs/security.md lists what a pod needs") { () throws(SystemError) in
                try apply(step)
            }
        }
    }

    /// Puts the vault in its place, and what is made of it.
    func finish(with vault: borrowing HandedVault) throws(Failure) {
        for step in plan.vaultSteps {
            switch step {
            case .vault(let path): try mountVault(vault, at: path)
            case .bridge(let name): try Bridge(name: name, account: plan.account).build()
            default: break
            }
        }
    }

    private func apply(_ step: EnclavePlan.Step) throws(SystemError) {
        let safe = UInt(MS_NOSUID | MS_NODEV)
        let inert = safe | UInt(MS_NOEXEC)
        switch step {
        case .hostname(let name):
            try retrying("set the enclave's host name") { sethostname(name, min(name.utf8.count, 64)) }
        case .privatePropagation:
            try retrying("keep the enclave's mounts private") {
                mount(nil, "/", nil, UInt(MS_REC | MS_PRIVATE), nil)
            }
        case .temporary(let path, let mode, let owner):
            try makeDirectories(path)
            let ids = owner.map { ",uid=\($0.uid),gid=\($0.gid)" } ?? ""
            try retrying("mount the enclave's own \(path)") { mount("tmpfs", path, "tmpfs", safe, "mode=\(mode)\(ids)") }
        case .messageQueues:
            guard access("/dev/mqueue", F_OK) == 0 else { return }
            try retrying("mount the enclave's own /dev/mqueue") { mount("mqueue", "/dev/mqueue", "mqueue", inert, nil) }
        case .terminals:
            try retrying("mount the enclave's own /dev/pts") {
                mount("devpts", "/dev/pts", "devpts", UInt(MS_NOSUID | MS_NOEXEC), "newinstance,ptmxmode=0666,mode=0620,gid=5")
            }
            // Where it is a link into /dev/pts there is nothing to do.
            if (try? linkTarget("/dev/ptmx", stage: "read /dev/ptmx")) != nil { return }
            try retrying("bind the enclave's own /dev/ptmx") {
                mount("/dev/pts/ptmx", "/dev/ptmx", nil, UInt(MS_BIND), nil)
            }
        case .engineSecrets(let folder): try EngineSecrets(account: plan.account, folder: folder).build()
        case .skeleton(let home): Skeleton(account: plan.account).copy(to: home)
        case .processes: try mountProcesses(inert)
        case .vault, .bridge: return
        }
    }

    /// What engines hide of /proc stays hidden, and the kernel's settings read-only.
    private func mountProcesses(_ flags: UInt) throws(SystemError) {
        try retrying("mount the enclave's own /proc") { mount("proc", "/proc", "proc", flags, nil) }
        for name in ["kcore", "keys", "latency_stats", "sched_debug", "sysrq-trigger", "timer_list"] {
            let path = "/proc/\(name)"
            guard access(path, F_OK) == 0 else { continue }
            try retrying("hide \(path)") { mount("/dev/null", path, nil, UInt(MS_BIND), nil) }
        }
        try retrying("protect /proc/sys") { mount("/proc/sys", "/proc/sys", nil, UInt(MS_BIND), nil) }
        try retrying("protect /proc/sys") { mount(nil, "/proc/sys", nil, flags | UInt(MS_BIND | MS_REMOUNT | MS_RDONLY), nil) }
    }

    private func mountVault(_ vault: borrowing HandedVault, at path: String) throws(Failure) {
        let descriptor = vault.descriptor.raw
        if vault.isTree {
            try failing(.vault) { () throws(SystemError) in try put(descriptor, at: path) }
        } else {
            try mountDevice(descriptor, at: path)
        }
    }

    /// Mounts the ext4 that is inside the vault. It was checked; it is still not trusted with devices or setuid programs.
    private func mountDevice(_ descriptor: Int32, at path: String) throws(Failure) {
        try failing(.vault, next: EnclaveBuilder.vaultTrouble) { () throws(SystemError) in
            let context = Descriptor(owning: try retrying("open the vault's file system") { clinux_fsopen("ext4") })
            for (key, value) in [("source", "/proc/self/fd/\(descriptor)"), ("errors", "remount-ro")] {
                try retrying("set up the vault's file system") { clinux_fsconfig_string(context.raw, key, value) }
            }
            try retrying("mount the vault's file system") { clinux_fsconfig_create(context.raw) }
            let attributes = UInt32(CLINUX_MOUNT_ATTR_NOSUID | CLINUX_MOUNT_ATTR_NODEV | CLINUX_MOUNT_ATTR_NOATIME)
            let mount = Descriptor(owning: try retrying("mount the vault") { clinux_fsmount(context.raw, attributes) })
            try put(mount.raw, at: path)
            try adopt(path)
        }
    }

    private func put(_ mount: Int32, at path: String) throws(SystemError) {
        try makeDirectories(path)
        let target = try Descriptor.open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW, stage: "open \(path)")
        try retrying("put the vault at \(path)") { clinux_move_mount(mount, target.raw) }
    }

    /// The root folder of a file system that stock mkfs made is root's; the vault is the user's.
    private func adopt(_ path: String) throws(SystemError) {
        var status = stat()
        try retrying("look at the vault") { stat(path, &status) }
        if status.st_uid != 0 { return }
        try retrying("give the vault to the user") { chown(path, plan.account.uid, plan.account.gid) }
    }

    private func makeDirectories(_ path: String) throws(SystemError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o755) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(made)") }
        }
    }
}
