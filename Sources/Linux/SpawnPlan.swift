import CLinux

/// Everything about a child process that is settled before it exists.
public struct SpawnPlan {
    /// What the child's process group, session and terminal are.
    public enum Group {
        /// The parent's own.
        case inherited
        /// A new process group, in the foreground of the terminal `foreground` if our own group has it.
        case processGroup(foreground: Int32?)
        /// A new session, without a terminal.
        case session
        /// A new session whose terminal is the child's descriptor 0.
        case terminalSession
        /// A new session that takes the terminal `taking`, which no session has; without it when that fails.
        case sessionOnTerminal(taking: Int32)
    }

    /// Which descriptors the child has.
    public enum Descriptors {
        /// All of ours that are not close-on-exec.
        case inherited
        /// These, which become the child's 0, 1, 2, …; everything else is closed.
        case only([Int32])
    }

    /// What the child, and whatever it runs, may do beyond its user id (capabilities(7), prctl(2)).
    public enum Privileges {
        case inherited
        /// No capability, and none to be gained by a setuid program: the bounding set is empty and no_new_privs set.
        case none
        /// The same, but for one capability of a child that stays root.
        case only(UInt)
    }

    /// What the child does with signals whose action is not the default.
    public enum IgnoredSignals {
        /// As we were started.
        case inherited
        case none
    }

    /// The program; without a slash it is looked for along PATH of `environment`.
    public var program: [UInt8]
    public var arguments: [[UInt8]]
    public var environment: [[UInt8]]
    /// Who the child is; nil keeps our own ids and groups.
    public var account: Account?
    /// Where the child starts; nil keeps our place.
    public var directory: String?
    /// Where it starts if it may not enter `directory`.
    public var fallbackDirectory: String?
    public var descriptors: Descriptors
    public var group: Group
    public var signalMask: SignalSet
    public var ignoredSignals: IgnoredSignals
    /// Signals that we were started to ignore and had to stop ignoring ourselves: the child ignores them again.
    public var ignoredAgain: SignalSet
    /// Whether a LISTEN_PID that names us names the child instead (sd_listen_fds(3)): sockets handed to us are the child's.
    public var passesListenPID: Bool
    public var privileges: Privileges
    /// The child is killed when the thread that started it ends, and that is also at our own end (prctl(2), PR_SET_PDEATHSIG).
    public var endsWithParent: Bool

    public init(program: [UInt8], arguments: [[UInt8]], environment: [[UInt8]]) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        account = nil
        directory = nil
        fallbackDirectory = nil
        descriptors = .inherited
        group = .inherited
        signalMask = SignalSet()
        ignoredSignals = .none
        ignoredAgain = SignalSet()
        passesListenPID = false
        privileges = .inherited
        endsWithParent = false
    }

    public init(_ arguments: [String], environment: [[UInt8]]) {
        let bytes = arguments.map { [UInt8]($0.utf8) }
        self.init(program: bytes.first ?? [], arguments: bytes, environment: environment)
    }
}
