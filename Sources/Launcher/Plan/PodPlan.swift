/// Everything about a pod that is settled before an engine hears of it: a plain value, that providers render and apply.
struct PodPlan: Codable, Equatable {
    /// Unique on this host: `tazpod-PROJECT-HASH`.
    var name: String
    var project: String
    /// The project's folder on the host.
    var directory: String
    var workspace: Container
    /// It runs where this machine's folders are not.
    var isElsewhere = false
    /// How the workspace's image is made, where the project has one of its own.
    var build: ImageBuild?
    /// What only a cluster asks for.
    var cluster = Cluster()

    /// How long a stop may take: long enough for a vault in memory to be saved, and a stubborn process to be killed.
    static let stopSeconds = 150

    /// One container of the pod.
    struct Container: Codable, Equatable {
        var image: String
        /// The workspace user's name, in the image.
        var user: String
        var hostname: String
        var mounts: [Mount]
        var environment: [String: String]
        var ports: [Port]
        var devices: Devices
        /// Names without `CAP_`, in order.
        var capabilities: [String]
        var security: Security
        var resources: Resources
        /// How one asks whether it is ready, and whether it is alive.
        var readyProbe: [String]
        var liveProbe: [String]
        /// Secrets that the engine keeps and gives the pod as files of root's, by name, in order.
        var secrets: [String] = []
    }

    struct Mount: Codable, Equatable {
        enum Source: Codable, Equatable {
            /// A folder of the host.
            case folder(String)
            /// One that the engine keeps under this name.
            case volume(String)
            /// An empty one in memory, of this mode.
            case memory(mode: String)
        }

        var source: Source
        var target: String
        var isReadOnly = false
    }

    struct Port: Codable, Equatable {
        var hostAddress: String
        var hostPort: UInt16
        var podPort: UInt16
    }

    /// Device nodes the pod needs.
    struct Devices: Codable, Equatable {
        var paths: [String] = []
        /// Majors of block devices whose nodes it may make and use: which loop device is free shows only at unlock.
        var blockMajors: [Int] = []
        /// The same for block drivers by their names in /proc/devices: their majors are the kernel's choice.
        var blockDrivers: [String] = []
    }

    struct Security: Codable, Equatable {
        /// No program gains privileges by being setuid.
        var noNewPrivileges = true
        /// The engine's own seccomp profile stays on.
        var seccomp = "default"
        /// AppArmor's profile for containers forbids every mount; the enclave needs some.
        var appArmor = "unconfined"
        /// SELinux's type for containers may not read a project's folder, and mounts nothing either.
        var seLinux = "disable"
    }

    struct Resources: Codable, Equatable {
        var cpu: String?
        /// Bytes.
        var memory: UInt64?
        /// All of the machine's, or one of a cluster's.
        var gpu = false
    }

    /// Where in a cluster the pod is, and for how long.
    struct Cluster: Codable, Equatable {
        /// kubectl's name for the cluster and who we are there.
        var context: String?
        var namespace: String?
        /// Bytes of the volume that stands in for the host's folders.
        var storage: UInt64 = 10 << 30
        /// Labels of the nodes that will do.
        var nodeSelector: [String: String] = [:]
        /// Seconds without use, and seconds in all, after which it ends.
        var idleTimeout: UInt64?
        var maximumTimeout: UInt64?
    }
}
