/// The groups of system calls that a ghost's filter refuses, by the names that config.yaml and `tazpod status` use. Which calls
/// they are, and why, is the filter's own table.
public enum RefusedCalls: String, CaseIterable, Sendable {
    case bpf
    case clocks
    case fileHandles = "file_handles"
    case foreignArchitectures = "foreign_architectures"
    case ioUring = "io_uring"
    case keyrings
    case machine
    case memoryPolicy = "memory_policy"
    case mounts
    case obsolete
    case perfEvents = "perf_events"
    case sockets
    case terminals
    case userNamespaces = "user_namespaces"
    case userfaultfd

    /// A project may allow its own ghost what harms the ghost alone, or needs a broken kernel to do harm. What would reach the
    /// vault's mount, the client's terminal or the machine, nobody may allow; and what no ghost has the privilege for is of no use.
    public var mayBeAllowed: Bool {
        switch self {
        case .bpf, .ioUring, .keyrings, .memoryPolicy, .perfEvents, .sockets, .userNamespaces, .userfaultfd: true
        case .clocks, .fileHandles, .foreignArchitectures, .machine, .mounts, .obsolete, .terminals: false
        }
    }

    /// The names that a project may write.
    public static var namesThatMayBeAllowed: [String] {
        allCases.filter { $0.mayBeAllowed }.map { $0.rawValue }
    }
}
