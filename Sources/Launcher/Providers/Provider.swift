import Contract

/// Where pods run. A provider renders a plan and applies it; it reads no config file.
protocol Provider: Sendable {
    /// As in `--provider`.
    var name: String { get }

    /// Where TazPod's programs are in its pods.
    var programFolder: String { get }

    /// It keeps secrets, and gives them to a pod as files.
    var givesSecrets: Bool { get }

    /// It keeps volumes, which a pod's files can be in.
    var hasVolumes: Bool { get }

    /// What `up` would do, as commands a person can read.
    func rendering(of plan: PodPlan) -> String

    /// Makes the project's own image where it is not there yet, or what it is made of has changed, or `again`.
    func prepareImage(_ build: ImageBuild, again: Bool) async throws

    /// The variables that the pod's image sets by itself.
    func environment(ofImage plan: PodPlan) async throws -> [String: String]

    /// The plan as it is where this provider's pods are: on another machine, volumes take the place of this one's folders.
    func placed(_ plan: PodPlan) async throws -> PodPlan

    /// Whether the volumes and the image that were made for the plan are there.
    func holds(_ plan: PodPlan) async throws -> Bool

    /// Removes what stays when a pod goes whose workspace and vault are in volumes.
    func removeVolumes(of podName: String) async throws

    /// Makes and starts the pod, or starts it again; does nothing when it runs.
    ///
    /// - Parameter existing: What `find` said of it just now.
    func start(_ plan: PodPlan, existing: PodRecord?) async throws -> PodRecord

    /// Stops the pod; what it wrote outside of the project's folder stays.
    func stop(_ podName: String) async throws

    /// Stops the pod and removes it, with all that it wrote outside of the project's folder.
    func remove(_ podName: String) async throws

    /// The pod as the engine has it; nil when there is none.
    func find(_ podName: String) async throws -> PodRecord?

    /// Whether a pod that was made just now said within so many seconds that it is ready; false also where that cannot be told
    /// without asking it.
    func sawReady(_ record: PodRecord, within seconds: Int) -> Bool

    /// Every pod of this user.
    func list() async throws -> [PodRecord]

    /// How a command is run in the pod. The caller becomes it, or runs it.
    func command(_ request: PodCommand, in record: PodRecord) throws -> HostCommand

    /// The pod's root folder as processes of the host see it; nil where only a command in the pod gets there.
    func root(of record: PodRecord) -> String?

    /// What runs `tazpod-ghost` with `arguments` in a place like the plan's pod, which goes when it ends. Its output counts.
    func trial(of plan: PodPlan, _ arguments: [String]) throws -> TrialCommand

    /// What prints the pod's log.
    func logs(of record: PodRecord, follow: Bool) throws -> HostCommand
}

extension Provider {
    var givesSecrets: Bool { false }

    var hasVolumes: Bool { false }

    func root(of record: PodRecord) -> String? { nil }

    func sawReady(_ record: PodRecord, within seconds: Int) -> Bool { false }

    func placed(_ plan: PodPlan) async throws -> PodPlan { plan }

    func holds(_ plan: PodPlan) async throws -> Bool { true }

    func removeVolumes(of podName: String) async throws {}
}

/// A pod as its engine knows it: read back from labels, or from what stands in for them.
struct PodRecord: Codable, Equatable, Sendable {
    enum State: String, Codable, Sendable {
        case running, stopped
    }

    var name: String
    var project: String
    var directory: String
    var provider: String
    var state: State
    /// Tells whether the plan has changed since.
    var planDigest: String
    /// The workspace user.
    var user: String
    /// PID 1 on the host, where the provider has no other handle.
    var pid: Int32?
    /// The pod's environment, where the engine does not keep it.
    var environment: [String: String] = [:]
    /// The volume that is its workspace, where no folder is.
    var volume: String?
}

/// Something to run in a pod.
struct PodCommand: Equatable {
    var arguments: [String]
    /// The workspace user, or root: only for TazPod's own programs.
    var isRoot = false
    /// Its input and output are a terminal.
    var isInteractive = false
    /// Variables for it alone. Their values never get into an argument list, which everybody can read.
    var environment: [String: String] = [:]
    var directory: String?
}

/// A command of the host, and what it finds to read at its descriptors 3, 4, ….
struct TrialCommand: Equatable {
    var command: HostCommand
    var inputs: [String] = []
}

/// A program of the host with its arguments, and variables beside our own.
struct HostCommand: Equatable, Sendable {
    var arguments: [String]
    var environment: [String: String] = [:]
    /// nil keeps ours; else these are all there are.
    var onlyEnvironment: [String: String]?
    /// It runs as root of a new user namespace that has these ids; nil runs it as who we are.
    var ids: NamespaceIDs?
    /// It becomes a part of a native pod, so it shares no keys with us.
    var joinsPod = false
}
