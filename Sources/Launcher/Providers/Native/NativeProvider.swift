import CLinux
import Contract
import FoundationEssentials
import Linux
import Logging

/// Runs pods with no engine: bubblewrap over the host's own root, read-only, in fresh namespaces, with `tazpod-init` as PID 1.
struct NativeProvider: Provider {
    let name = "native"
    let programFolder = NativeLayout.programFolder
    let log: Logger
    private let store = NativeStore()

    private static let buildMilliseconds: Int64 = 10_000
    /// Long enough for a vault in memory to be saved, and a stubborn process to be killed.
    private static let stopMilliseconds: Int32 = 150_000

    /// The host's own programs, in the folder that we were started from.
    private func hostPrograms() throws -> String {
        try failing(.provider) { () throws(SystemError) in try ownFolder() }
    }

    func rendering(of plan: PodPlan) -> String {
        let layout = NativeLayout(plan: plan, state: store.folder(plan.name), hostPrograms: (try? hostPrograms()) ?? ".")
        return HostCommand(arguments: layout.arguments(root: HostRoot.current())).description
    }

    func start(_ plan: PodPlan, existing: PodRecord?) async throws -> PodRecord {
        try NativeProvider.requireRoot()
        if let existing, existing.state == .running { return existing }
        let folder = store.folder(plan.name)
        let layout = NativeLayout(plan: plan, state: folder, hostPrograms: try hostPrograms())
        try store.prepare(plan, accounts: try NativeAccounts.forPod(plan))
        let pid = try launch(layout, log: store.logFile(plan.name), plan: plan)
        try store.save(plan, pid: pid)
        try await waitUntilBuilt(pid)
        guard let record = try store.record(plan.name), record.state == .running else {
            throw Failure(.provider, "the pod ended as soon as it started; tazpod logs says why")
        }
        return record
    }

    static func requireRoot() throws(Failure) {
        guard geteuid() == 0 else {
            throw Failure(
                .provider, "without root this version cannot run a pod natively; run it as root, or use --provider docker")
        }
    }

    /// bubblewrap tells the pid before it has built the pod around it; the pod is there once our init runs in it.
    private func waitUntilBuilt(_ pid: Int32) async throws {
        let deadline = monotonicMilliseconds() + NativeProvider.buildMilliseconds
        while monotonicMilliseconds() < deadline {
            let program = try? linkTarget("/proc/\(pid)/exe", stage: "look at the pod's first process")
            guard let program else {
                throw Failure(.provider, "bubblewrap could not build the pod; tazpod logs says why")
            }
            if program.hasSuffix("/tazpod-init") { return }
            try await Task.sleep(nanoseconds: 1_000_000)
        }
        throw Failure(.timeout, "bubblewrap did not build the pod in time; tazpod logs says why")
    }

    /// Starts bubblewrap, in a session of its own so that closing our terminal does not reach it.
    ///
    /// - Returns: the pid of the pod's PID 1, as bubblewrap tells it.
    private func launch(_ layout: NativeLayout, log logFile: String, plan: PodPlan) throws -> Int32 {
        let command = HostCommand(arguments: layout.arguments(root: HostRoot.current()))
        log.debug("running \(command.description)")
        return try failing(.provider, next: "install bubblewrap, or choose another provider") { () throws(SystemError) in
            let output = try Descriptor.open(logFile, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600, stage: "open the pod's log")
            let null = try Descriptor.open("/dev/null", O_RDONLY, stage: "open /dev/null")
            let information = try Pipe()
            let variables = layout.environment.map { [UInt8]("\($0.key)=\($0.value)".utf8) }
            var spawning = SpawnPlan(command.arguments, environment: variables)
            spawning.descriptors = .only([null.raw, output.raw, output.raw, information.writing.raw])
            spawning.group = .session
            spawning.directory = "/"
            _ = try spawn(spawning)
            let text = try information.keepReading().readAll(limit: 4096, stage: "hear from bubblewrap")
            guard let pid = BubblewrapInformation.childPID(text) else {
                throw SystemError("start the pod (tazpod logs says why)", errno: ECHILD)
            }
            return pid
        }
    }

    func remove(_ podName: String) async throws {
        if let record = try find(podName), record.state == .running, let pid = record.pid {
            try end(pid)
        }
        try store.remove(podName)
    }

    private func end(_ pid: Int32) throws {
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
        return NativeCommand(request: request, record: record, pid: pid).hostCommand
    }

    func root(of record: PodRecord) -> String? {
        geteuid() == 0 ? record.pid.map { "/proc/\($0)/root" } : nil
    }

    func trial(of plan: PodPlan, _ arguments: [String]) throws -> TrialCommand {
        try NativeProvider.requireRoot()
        var layout = NativeLayout(plan: plan, state: "", hostPrograms: try hostPrograms())
        layout.trial = ["\(programFolder)/tazpod-ghost"] + arguments
        let accounts = try NativeAccounts.forPod(plan)
        return TrialCommand(
            command: HostCommand(arguments: layout.arguments(root: HostRoot.current()), onlyEnvironment: layout.environment),
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
