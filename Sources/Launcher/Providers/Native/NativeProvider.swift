import CLinux
import Contract
import FoundationEssentials
import Linux
import Logging

/// Runs pods with no engine: bubblewrap over the host's own root, read-only, in fresh namespaces, with `tazpod-init` as PID 1.
///
/// For a user who is not root all of that is in a user namespace of the pod's own (`NamespaceIDs`), whose owner that user is.
struct NativeProvider: Provider {
    let name = "native"
    let programFolder = NativeLayout.programFolder
    let log: Logger
    private let store = NativeStore()

    private static let buildMilliseconds: Int64 = 10_000
    private static let stopMilliseconds = Int32(PodPlan.stopSeconds) * 1000
    private static let removeSeconds = 600

    /// The host's own programs, in the folder that we were started from.
    private func hostPrograms() throws -> String {
        try failing(.provider) { () throws(SystemError) in try ownFolder() }
    }

    /// Of a pod without root also the programs that give it its ids; PID is what runs bubblewrap then.
    func rendering(of plan: PodPlan) -> String {
        let ids = (try? NamespaceIDs.ofCaller()) ?? nil
        let own = ids == nil ? plan : (try? UserPod.plan(plan)) ?? plan
        var layout = NativeLayout(plan: own, state: store.folder(plan.name), hostPrograms: (try? hostPrograms()) ?? ".")
        layout.hidden = store.hidden
        layout.gpuNodes = (try? GPUNodes.wanted(by: plan)) ?? []
        let commands = (ids?.commands(pid: "PID") ?? []) + [HostCommand(arguments: layout.arguments(root: HostRoot.current()))]
        return commands.map { $0.description }.joined(separator: "\n")
    }

    /// A native pod's programs are this machine's own.
    func prepareImage(_ build: ImageBuild, again: Bool) async throws {
        log.notice("native pods have this machine's own programs: \(build.name) is not built, and has no effect")
    }

    func placed(_ plan: PodPlan) async throws -> PodPlan {
        guard plan.workspaceVolume == nil else {
            throw Failure(
                .provider,
                "\(plan.project) was cloned for a volume, and native has none; start docker or podman, or clone it with git")
        }
        return plan
    }

    func environment(ofImage plan: PodPlan) async throws -> [String: String] { NativeLayout.baseEnvironment }

    func start(_ plan: PodPlan, existing: PodRecord?) async throws -> PodRecord {
        if let existing, existing.state == .running {
            // Who wrote it down may have been killed before it was built.
            if let pid = existing.pid { try await waitUntilBuilt(pid) }
            return existing
        }
        let ids = try NamespaceIDs.ofCaller()
        let own = ids == nil ? plan : try UserPod.plan(plan)
        if ids != nil { try UserPod(uid: getuid(), gid: getgid()).checkReach(plan) }
        try NativePorts.check(plan)
        let gpuNodes = try GPUNodes.wanted(by: plan)
        for line in NativeNotices.lines(for: plan) { log.notice("\(line)") }
        let programs = try hostPrograms()
        try ProgramFolder.check(programs, isOutOfReachOf: plan)
        try NativeStray.end(of: store.folder(plan.name), log: log)
        try store.prepare(plan, accounts: try NativeAccounts.forPod(plan, isMapped: ids != nil))
        var layout = NativeLayout(plan: own, state: store.folder(plan.name), hostPrograms: programs)
        layout.hidden = store.hidden
        layout.gpuNodes = gpuNodes
        let pid: Int32
        do {
            pid = try launch(layout, ids, log: store.logFile(plan.name))
        } catch {
            // Without a record nobody would remove it.
            if existing == nil { try? store.remove(plan.name) }
            throw error
        }
        try store.save(plan, pid: pid)
        try await waitUntilBuilt(pid)
        guard let record = try store.record(plan.name), record.state == .running else {
            throw Failure(.provider, "the pod ended as soon as it started; tazpod logs says why")
        }
        return record
    }

    /// bubblewrap tells the pid before it has built the pod around it; the pod is there once our init runs in it, and listens.
    private func waitUntilBuilt(_ pid: Int32) async throws {
        let deadline = monotonicMilliseconds() + NativeProvider.buildMilliseconds
        while monotonicMilliseconds() < deadline {
            let program = try? linkTarget("/proc/\(pid)/exe", stage: "look at the pod's first process")
            guard let program else {
                throw Failure(.provider, "bubblewrap could not build the pod; tazpod logs says why")
            }
            if program.hasSuffix("/tazpod-init"), NativeProvider.hears(pid, SIGTERM) { return }
            try await Task.sleep(nanoseconds: 1_000_000)
        }
        throw Failure(.timeout, "bubblewrap did not build the pod in time; tazpod logs says why")
    }

    /// Whether a process has taken a signal into its own hands: init blocks it, to read it.
    private static func hears(_ pid: Int32, _ signal: Int32) -> Bool {
        let text = (try? readFile("/proc/\(pid)/status", stage: "look at the pod's first process")) ?? []
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("SigBlk:\t") }
        guard let mask = line.flatMap({ UInt64($0.dropFirst("SigBlk:\t".count), radix: 16) }) else { return false }
        return mask & 1 << UInt64(signal - 1) != 0
    }

    /// Starts bubblewrap, in a session of its own so that closing our terminal does not reach it.
    ///
    /// - Returns: the pid of the pod's PID 1, as bubblewrap tells it.
    private func launch(_ layout: NativeLayout, _ ids: NamespaceIDs?, log logFile: String) throws -> Int32 {
        let command = HostCommand(arguments: layout.arguments(root: HostRoot.current()), ids: ids, joinsPod: true)
        log.debug("running \(command.description)")
        let output = try failing(.provider) { () throws(SystemError) in
            try Descriptor.open(logFile, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600, stage: "open the pod's log")
        }
        let null = try failing(.provider) { () throws(SystemError) in
            try Descriptor.open("/dev/null", O_RDONLY, stage: "open /dev/null")
        }
        let information = try failing(.provider) { () throws(SystemError) in try Pipe() }
        let variables = layout.environment.map { [UInt8]("\($0.key)=\($0.value)".utf8) }
        var spawning = SpawnPlan(command.arguments, environment: variables)
        spawning.descriptors = .only([null.raw, output.raw, output.raw, information.writing.raw])
        spawning.group = .session
        spawning.directory = "/"
        _ = try command.start(spawning, log: log)
        let answer = information.keepReading()
        let text = try failing(.provider) { () throws(SystemError) in
            try answer.readAll(limit: 4096, stage: "hear from bubblewrap")
        }
        guard let pid = BubblewrapInformation.childPID(text) else {
            let said = HostFiles.text(logFile).split(separator: "\n").last ?? "it said nothing"
            throw Failure(.provider, "bubblewrap could not build the pod (\(said))")
        }
        return pid
    }

    func stop(_ podName: String) async throws {
        if let record = try find(podName), record.state == .running, let pid = record.pid {
            // Before that it would not hear the signal.
            try? await waitUntilBuilt(pid)
            try NativeProvider.end(pid)
        }
    }

    func remove(_ podName: String) async throws {
        try await stop(podName)
        try NativeStray.end(of: store.folder(podName), log: log)
        do {
            try store.remove(podName)
        } catch {
            try removeAsPodsRoot(podName, error)
        }
    }

    /// What the workspace user closed to itself, only root can remove: without root, the pod's.
    private func removeAsPodsRoot(_ podName: String, _ problem: any Error) throws {
        guard let ids = try NamespaceIDs.ofCaller() else { throw problem }
        let command = HostCommand(
            arguments: ["rm", "-rf", "--", store.folder(podName), store.removedFolder(podName)],
            onlyEnvironment: NativeLayout.baseEnvironment, ids: ids)
        guard try command.run(seconds: NativeProvider.removeSeconds, log: log).status == 0 else { throw problem }
    }

    /// Ends a pod by its first process, which locks the vault before.
    static func end(_ pid: Int32) throws {
        let raw = clinux_pidfd_open(pid, 0)
        if raw < 0 { return }
        let handle = Descriptor(owning: raw)
        kill(pid, SIGTERM)
        var watched = pollfd(fd: handle.raw, events: Int16(POLLIN), revents: 0)
        if poll(&watched, 1, NativeProvider.stopMilliseconds) == 1 { return }
        kill(pid, SIGKILL)
        guard poll(&watched, 1, NativeProvider.stopMilliseconds) == 1 else {
            throw Failure(.timeout, "the pod's first process (\(pid)) does not end; nothing was removed")
        }
    }

    func find(_ podName: String) throws -> PodRecord? {
        try store.record(podName)
    }

    func list() async throws -> [PodRecord] {
        // One that cannot be read is no reason to be silent about the others.
        store.names().compactMap { name in
            do {
                return try store.record(name)
            } catch {
                Console.complain((error as? Failure)?.sentence ?? "the pod \(name) cannot be read")
                return nil
            }
        }
    }

    func command(_ request: PodCommand, in record: PodRecord) throws -> HostCommand {
        guard let pid = record.pid else { throw Failure(.provider, "the pod is not running; run tazpod up") }
        return NativeCommand(request: request, record: record, pid: pid, hasUserNamespace: geteuid() != 0).hostCommand
    }

    func root(of record: PodRecord) -> String? {
        geteuid() == 0 ? record.pid.map { "/proc/\($0)/root" } : nil
    }

    func trial(of plan: PodPlan, _ arguments: [String]) throws -> TrialCommand {
        let ids = try NamespaceIDs.ofCaller()
        let plan = ids == nil ? plan : try UserPod.plan(plan)
        var layout = NativeLayout(plan: plan, state: "", hostPrograms: try hostPrograms())
        layout.trial = ["\(programFolder)/tazpod-ghost"] + arguments
        let accounts = try NativeAccounts.forPod(plan, isMapped: ids != nil)
        return TrialCommand(
            command: HostCommand(
                arguments: layout.arguments(root: HostRoot.current()), onlyEnvironment: layout.environment, ids: ids,
                joinsPod: true),
            inputs: [accounts.passwd, accounts.group])
    }

    func logs(of record: PodRecord, follow: Bool) throws -> HostCommand {
        let following = follow ? ["--follow=name", "--retry"] : []
        return HostCommand(arguments: ["tail", "--lines=+1"] + following + [store.logFile(record.name)])
    }
}

/// What bubblewrap writes to its `--info-fd`.
enum BubblewrapInformation {
    private struct Information: Decodable {
        var childPID: Int32

        enum CodingKeys: String, CodingKey {
            case childPID = "child-pid"
        }
    }

    static func childPID(_ text: [UInt8]) -> Int32? {
        try? JSONDecoder().decode(Information.self, from: Data(text)).childPID
    }
}
