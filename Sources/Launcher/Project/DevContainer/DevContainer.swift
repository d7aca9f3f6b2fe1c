/// What a `devcontainer.json` says, as far as a pod has a use for it.
struct DevContainer: Equatable {
    /// Which of the engine's ways to keep a folder.
    struct Mount: Equatable {
        enum Kind: String {
            case bind, volume, tmpfs
        }

        var kind: Kind
        /// A folder of the host, or a volume's name; empty for `tmpfs`.
        var source: String
        var target: String
        var isReadOnly = false
        /// Where it is asked for: file, line and column.
        var place: String
    }

    struct Feature: Codable, Equatable {
        /// As it is written: `./folder`, or `REGISTRY/NAMESPACE/ID:VERSION`.
        var reference: String
        var options: [String: String]
    }

    struct HostRequirements: Equatable {
        var cpus: Int?
        /// Bytes.
        var memory: UInt64?
        /// Bytes.
        var storage: UInt64?
        var gpu = false
    }

    /// Its path.
    var file: String
    var image: String?
    var build: ProjectConfig.Build?
    var features: [Feature] = []
    /// Features that come first, in this order.
    var featureOrder: [String] = []
    var containerEnvironment: [String: String] = [:]
    var remoteEnvironment: [String: String] = [:]
    var mounts: [Mount] = []
    var ports: [ProjectConfig.Port] = []
    var capabilities: [String] = []
    var cpu: String?
    var memory: UInt64?
    var gpu = false
    var user: String?
    /// Where the project is seen besides /workspace, and where commands run.
    var workspaceFolder: String?
    var requirements = HostRequirements()
    var commands: [LifecycleCommand] = []
    /// What was asked for and has no effect, each with file, line and column.
    var notices: [String] = []
    /// What it wants of the host besides the project's own folder: not without its owner's consent.
    var reach: [String] = []

    func command(_ stage: LifecycleStage) -> LifecycleCommand? { commands.first { $0.stage == stage } }
}
