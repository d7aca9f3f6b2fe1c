import Contract
import SecretsPlan

/// The options of `tazpod-secrets`, which `tazpod` gives it after it has understood its own. Not for the command line.
struct SecretsOptions: Equatable {
    var verb = ""
    /// A descriptor that holds a `PullPlan`.
    var plan: Int32?
    /// A descriptor with values from the host.
    var given: Int32?
    /// What comes from the host is not asked for now.
    var isWithoutHost = false
    /// The host gives its values right after, in a pull of their own, which also reports on this one.
    var hostFollows = false
    /// A descriptor with the answers to a login's questions.
    var answers: Int32?
    var isJSON = false
    var isQuiet = false
    /// How to log in, where a source knows several ways.
    var method: String?
    /// Programs that secrets.yml names may run in the ghost, from now on.
    var acceptsCommands = false
    /// Seconds between two pulls; nil pulls once.
    var every: Int64?
    /// The shell that `env` writes for.
    var shell: String?
    /// What comes after the options: names of secrets, a source's name, a command.
    var words: [String] = []

    init(_ arguments: [String]) throws(Failure) {
        var rest = arguments[...]
        guard let verb = rest.popFirst() else { throw SecretsOptions.wrong }
        self.verb = verb
        while let word = rest.popFirst() {
            switch word {
            case "--plan-fd": plan = try SecretsOptions.number(rest.popFirst())
            case "--given-fd": given = try SecretsOptions.number(rest.popFirst())
            case "--secret-fd": answers = try SecretsOptions.number(rest.popFirst())
            case "--every": every = Int64(try SecretsOptions.number(rest.popFirst()))
            case "--method": method = rest.popFirst()
            case "--shell": shell = rest.popFirst()
            case "--host-follows": hostFollows = true
            case "--without-host": isWithoutHost = true
            case "--json": isJSON = true
            case "--quiet": isQuiet = true
            case "--allow-commands": acceptsCommands = true
            case "--":
                words = Array(rest)
                return
            default: throw SecretsOptions.wrong
            }
        }
    }

    private static let wrong = Failure(.usage, "tazpod-secrets is started by tazpod; use tazpod pull, login, env or run")

    private static func number(_ word: String?) throws(Failure) -> Int32 {
        guard let number = word.flatMap({ Int32($0) }), number >= 0 else { throw wrong }
        return number
    }
}
