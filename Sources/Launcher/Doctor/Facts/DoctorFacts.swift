import Contract

/// What the checks decide from: gathered before, so that they ask nothing themselves.
struct DoctorFacts: Equatable {
    /// The project's, or the defaults.
    var config: ProjectConfig
    /// nil without a project.
    var project: String?
    /// Why this version cannot plan the project's pod.
    var planProblem: String?
    /// What was asked for, on the command line or in the config.
    var wanted: ProjectConfig.ProviderName
    /// Where the pod would run: what `tazpod up` would choose.
    var chosen: ProjectConfig.ProviderName
    /// Why this version has no such provider, by those it does not have.
    var missingProviders: [ProjectConfig.ProviderName: String] = [:]
    var docker = EngineAnswer.notInstalled
    var podman = EngineAnswer.notInstalled
    var native = NativeFacts()
    var host = HostFacts()
    var image = ImageAnswer.notAsked
    var disks: [DiskFacts] = []
    var drivers = DriverFacts.untried("")
    var network = NetworkFacts()

    /// The pod is built by a user who is not root.
    var isUnprivileged: Bool {
        !host.isRoot && (chosen == .native || chosen == .podman)
    }

    /// The engine that would run the pod; nil for none.
    var chosenEngine: EngineAnswer? {
        switch chosen {
        case .docker: docker
        case .podman: podman
        case .auto, .native, .kubernetes: nil
        }
    }
}

/// What an engine's command line said of the engine.
enum EngineAnswer: Equatable {
    struct Engine: Equatable {
        var version: String
        var isRootless = false
        /// The release of the kernel under it, which may be another machine's.
        var kernel: String?
        /// The folder of its images and containers.
        var dataFolder: String?
        var hasNetwork = true
    }

    case notInstalled
    /// It is there, and was asked for no more than its version.
    case installed(version: String)
    case answers(Engine)
    case failed(String)
    /// It was given up after so many seconds.
    case silent(seconds: Int)
}

/// What the native provider runs pods with.
struct NativeFacts: Equatable {
    /// Programs it needs and does not find, each with the package that has it.
    var missingPrograms: [MissingProgram] = []
    var bubblewrap: String?

    struct MissingProgram: Equatable {
        var name: String
        var package: String
    }
}

enum ImageAnswer: Equatable {
    case notAsked
    case present(bytes: UInt64?)
    case absent
    /// The native provider's: the programs of this machine that are missing.
    case programs(missing: [NativeFacts.MissingProgram])
}

/// Room on a disk.
struct DiskFacts: Equatable {
    /// `vault`, `docker`, `native`.
    var name: String
    var path: String
    var freeBytes: UInt64
    var isWritable = true
    /// How much may still come; nil for a folder that only takes what pods write.
    var wantedBytes: UInt64?
}

/// What is so of this machine and this user.
struct HostFacts: Equatable {
    var user = "root"
    var isRoot = true
    var kernel: String?
    /// sysctls; nil where the kernel has none of that name.
    var userNamespaces: UInt64?
    var unprivilegedUserNamespaces: String?
    var restrictedUserNamespaces: String?
    /// An AppArmor profile is on us, which may allow what that sysctl restricts.
    var hasProfile = false
    /// The user's ranges of /etc/subuid and /etc/subgid.
    var subordinateUsers: [SubordinateIDs] = []
    var subordinateGroups: [SubordinateIDs] = []
    /// What of newuidmap(1) and newgidmap(1) is not there.
    var missingMapPrograms: [String] = []
}

/// What came of trying the drivers.
enum DriverFacts: Equatable {
    struct Trial: Equatable {
        /// `auto`, or a driver's name.
        var choice: String
        var driver: String?
        var problem: String?
        /// What the place of the trial was like; nil when it could not be started.
        var place: DriverTrials?
    }

    /// Why they were not.
    case untried(String)
    /// - Parameter inPod: In the pod that runs, which has what it was given when it was made.
    case tried([Trial], inPod: Bool)

    /// The place that they were tried in.
    var place: DriverTrials? {
        guard case .tried(let trials, _) = self else { return nil }
        return trials.lazy.compactMap { $0.place }.first
    }
}

/// What a pod would find of the network; found out without speaking to anybody.
struct NetworkFacts: Equatable {
    var nameServers = 1
    var hasDefaultRoute = true
    /// Proxy variables that are set here and that the config does not pass on. Their values may hold passwords.
    var proxyVariables: [String] = []
    /// net.ipv4.ip_forward, which containers behind a bridge need; nil when that is not known.
    var forwardsPackets: Bool?
}
