import CLinux
import Contract
import Linux
import SecretsPlan

/// The variables of this host's environment that secrets.yml asks for, as far as its user lets them go into the pod: whoever works
/// there can write that file.
struct HostValues {
    let project: Project
    let plan: PullPlan

    /// No value is longer: all of them together have to fit into what is sent before it is read.
    private static let longest = 2 << 20

    private var items: [PullItem] { plan.items.filter { $0.source == .env } }

    private static func variable(of item: PullItem) -> String { item.options["key"] ?? item.name }

    /// Those that may go, with `words` and their names as the verb that takes them.
    ///
    /// - Parameters:
    ///   - allowed: Names that the user allows on the command line, from now on.
    ///   - only: The secrets that are wanted; empty for all.
    /// - Returns: what goes. What was not allowed, or is not set, was told.
    func gather(allowing allowed: [String], only: [String], words: [String]) throws(Failure) -> Gathered {
        let wanted = items.filter { only.isEmpty || only.contains($0.name) }
        if wanted.isEmpty { return .nothingWanted }
        let consent = VariableConsent(project: project)
        let granted = try consent.obtain(for: wanted.map { HostValues.variable(of: $0) }, granted: allowed)
        var sent: [PullItem] = []
        for item in wanted {
            let name = HostValues.variable(of: item)
            if !granted.contains(name) {
                Console.complain(
                    "\(item.name): you have not let \(name) of your environment go into the pod; add --allow-env \(name)")
            } else if getenv(name) == nil {
                Console.complain("\(item.name): \(name) is not set in this environment; set it, and pull again")
            } else {
                sent.append(item)
            }
        }
        if sent.isEmpty { return .nothing }
        let input = GivenInput(
            words: words + ["--given-fd", "0", "--"] + sent.map { $0.name }, descriptor: try HostValues.file(of: sent))
        return .some(input, isAll: sent.count == wanted.count)
    }

    /// What of it goes into the pod.
    enum Gathered {
        case nothingWanted
        /// Some was wanted, and none goes.
        case nothing
        case some(GivenInput, isAll: Bool)

        var input: GivenInput? {
            if case .some(let input, _) = self { input } else { nil }
        }

        var isComplete: Bool {
            switch self {
            case .nothingWanted: true
            case .nothing: false
            case .some(_, let isAll): isAll
            }
        }

        /// What the pull that goes before is told.
        var words: [String] {
            switch self {
            case .nothingWanted: []
            case .nothing: ["--without-host"]
            case .some: ["--host-follows"]
            }
        }
    }

    /// In memory that is not swapped and belongs to no folder: the name, a NUL byte, the length and a newline, then the value.
    private static func file(of items: [PullItem]) throws(Failure) -> Descriptor {
        try failing(.provider) { () throws(SystemError) in
            let stage = "hand the variables over"
            let file = Descriptor(owning: try retrying(stage) { memfd_create("values", UInt32(MFD_CLOEXEC)) })
            for item in items {
                guard let value = getenv(variable(of: item)) else { continue }
                let length = strlen(value)
                if length > longest { throw SystemError(stage, errno: E2BIG) }
                try file.write(Array(item.name.utf8) + [0] + Array("\(length)\n".utf8), stage: stage)
                var written = 0
                while written < length { written += try retrying(stage) { write(file.raw, value + written, length - written) } }
            }
            try retrying(stage) { lseek(file.raw, 0, SEEK_SET) }
            return file
        }
    }
}
