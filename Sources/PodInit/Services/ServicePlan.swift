import CLinux

/// What a service file says, checked: a plain value. Text is kept as the bytes it came in.
struct ServicePlan: Equatable {
    enum RestartPolicy: Equatable {
        case always
        /// Not after exit status 0.
        case onFailure
        case never
    }

    /// How it shows that a service does its work.
    enum Readiness: Equatable {
        /// It was started.
        case started
        /// It writes a line to the descriptor that READY_FD names.
        case descriptor
        /// It sends READY=1 to NOTIFY_SOCKET (sd_notify(3)).
        case notify
        /// A Unix socket at this path takes connections.
        case socket(path: [UInt8])
        /// This TCP port of the loopback address does.
        case tcp(port: UInt16)
        /// This command ends with 0.
        case command([[UInt8]])
    }

    let name: Name
    /// The program and its arguments.
    var command: [[UInt8]]
    /// Whose it is; nil is the workspace user.
    var user: [UInt8]?
    var directory: [UInt8]?
    /// A file of NAME=value lines, read at each start.
    var environmentFile: [UInt8]?
    var restart = RestartPolicy.always
    var backoff = BackoffPolicy()
    var stopSignal = SIGTERM
    var stopMilliseconds: Int64 = 10_000
    var readiness = Readiness.started
    /// Services that have to be ready, or have failed for good, before this one starts.
    var after: [Name] = []
    /// Services that have to be ready, and without which this one does not start.
    var required: [Name] = []
}

/// How long to wait before a service that ended is started again.
struct BackoffPolicy: Equatable {
    var firstMilliseconds: Int64 = 250
    var ceilingMilliseconds: Int64 = 60_000
}

/// The wait before the next start: the policy's first, doubling to its ceiling, and over again after a good run.
struct Backoff: Equatable {
    /// A run that lasted this long was a good one.
    static let goodRunMilliseconds: Int64 = 10_000

    var policy: BackoffPolicy
    private var last: Int64 = 0

    init(_ policy: BackoffPolicy) {
        self.policy = policy
    }

    /// - Parameter ranMilliseconds: How long the run was that just ended.
    mutating func next(afterRunOf ranMilliseconds: Int64) -> Int64 {
        if ranMilliseconds >= Backoff.goodRunMilliseconds || last == 0 {
            last = policy.firstMilliseconds
        } else {
            last = last >= policy.ceilingMilliseconds / 2 ? policy.ceilingMilliseconds : last &* 2
        }
        return last
    }
}
