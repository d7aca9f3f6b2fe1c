/// What came of trying the vault's drivers in the place where a pod's vault would be opened, as it travels from `tazpod-ghost` to
/// whoever runs `tazpod doctor`.
public struct DriverTrials: Equatable, Sendable {
    public struct Outcome: Equatable, Sendable {
        /// What was asked for: `auto`, or a driver's name.
        public var choice: String
        /// The driver that opened the vault; nil when none could.
        public var driver: String?
        /// Why none could: one sentence.
        public var problem: String?

        public init(choice: String, driver: String? = nil, problem: String? = nil) {
            self.choice = choice
            self.driver = driver
            self.problem = problem
        }
    }

    /// A device node, as it is found in that place.
    public enum Node: String, Sendable {
        case usable, absent
        /// Something else is in its place.
        case foreign
        /// It is there, and may not be opened.
        case forbidden
        /// It is there, and this kernel has nothing behind it.
        case dead
    }

    /// What the place's own environment says that its vault is opened with.
    public var configured: String
    public var outcomes: [Outcome]
    /// By path.
    public var nodes: [String: Node]
    /// Of `fuse`, `loop`, `ext4` and `device-mapper`, those that this kernel has by now: trying loads modules.
    public var kernelFeatures: [String]
    /// Bytes that a process may lock in memory; nil without a limit.
    public var lockableMemory: UInt64?
    /// Where this machine swaps to.
    public var swaps: [String]
    /// How many user namespaces there may be (user.max_user_namespaces); nil when that is not known.
    public var userNamespaces: UInt64?
    /// The place's root is not the machine's: the kernel opens no loop device and no device-mapper for it.
    public var isInUserNamespace: Bool

    public init(configured: String) {
        self.configured = configured
        outcomes = []
        nodes = [:]
        kernelFeatures = []
        lockableMemory = nil
        swaps = []
        userNamespaces = nil
        isInUserNamespace = false
    }

    /// The answer that carries it.
    public var message: Message {
        var message = Message("ok").adding("configured", configured)
        for outcome in outcomes {
            message.add("choice", outcome.choice)
            message.add("driver", outcome.driver ?? "")
            message.add("problem", outcome.problem ?? "")
        }
        for (path, node) in nodes {
            message.add("path", path)
            message.add("node", node.rawValue)
        }
        for feature in kernelFeatures { message.add("kernel", feature) }
        for place in swaps { message.add("swap", place) }
        if let lockableMemory { message.add("lockable-memory", String(lockableMemory)) }
        if let userNamespaces { message.add("user-namespaces", String(userNamespaces)) }
        if isInUserNamespace { message.add("user-namespace", "1") }
        return message
    }

    /// Reads an answer; nil unless it is of that form.
    public init?(_ message: Message) {
        guard let configured = message.text("configured") else { return nil }
        self.init(configured: configured)
        let texts = { (key: String) in message.all(key).map { String(decoding: $0, as: UTF8.self) } }
        let (choices, drivers, problems) = (texts("choice"), texts("driver"), texts("problem"))
        let (paths, states) = (texts("path"), texts("node"))
        guard choices.count == drivers.count, choices.count == problems.count, paths.count == states.count else { return nil }
        for (choice, (driver, problem)) in zip(choices, zip(drivers, problems)) {
            outcomes.append(
                Outcome(choice: choice, driver: driver.isEmpty ? nil : driver, problem: problem.isEmpty ? nil : problem))
        }
        for (path, state) in zip(paths, states) { nodes[path] = Node(rawValue: state) }
        kernelFeatures = texts("kernel")
        swaps = texts("swap")
        lockableMemory = message.text("lockable-memory").flatMap { UInt64($0) }
        userNamespaces = message.text("user-namespaces").flatMap { UInt64($0) }
        isInUserNamespace = message.text("user-namespace") == "1"
    }
}
