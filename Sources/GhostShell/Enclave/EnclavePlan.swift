import Contract
import Linux

/// How an enclave is built, as plain lists of steps in their order. Making it calls nothing; `EnclaveBuilder` carries it out.
struct EnclavePlan: Equatable {
    enum Step: Equatable {
        case hostname(String)
        /// No mount made here is seen outside, and none made outside comes in.
        case privatePropagation
        /// A tmpfs of `owner`, or of root.
        case temporary(path: String, mode: String, owner: Account?)
        /// The secrets that the engine gave the pod, as the user's.
        case engineSecrets(folder: String)
        /// The first contents of the user's home.
        case skeleton(home: String)
        /// The vault's file system.
        case vault(path: String)
        /// A folder of the vault, seen in the home too. Both are made if they are missing.
        case bridge(String)
        /// Terminals of the enclave's own (devpts(5)).
        case terminals
        /// /proc of the enclave's own PID namespace.
        case processes
        /// POSIX message queues of the enclave's own IPC namespace.
        case messageQueues
    }

    var account: Account
    /// What takes no vault, and is done while the passphrase is typed and the key derived.
    var steps: [Step]
    /// The vault, and what is made of it.
    var vaultSteps: [Step]
    /// Seconds without input on the enclave's terminals after which its PID 1 says so; nil for never.
    var idleAfter: Int64?
    /// Under which everything in the enclave runs.
    var filter: GhostFilter

    /// The vault's place in the ghost.
    static func vaultPath(of account: Account) -> String {
        account.home + "/secrets"
    }

    /// - Parameters:
    ///   - project: The project's name, for the host name that the ghost sees.
    ///   - bridges: Names relative to the vault's root and to the ghost's home.
    ///   - allowedCalls: What the project allows its ghost beyond what every ghost may.
    /// - Throws: code 3 for a bridge that would leave the vault.
    init(
        account: Account, project: String, bridges: [String], allowedCalls: [RefusedCalls]
    ) throws(Failure) {
        self.account = account
        filter = GhostFilter(allowing: allowedCalls)
        steps = [.hostname("\(project)-ghost"), .privatePropagation]
        if Defence.privateHome.isOn {
            // The public area may write to the other one, and what a shell finds there (.bashrc, .tmux.conf) it runs.
            steps += [.temporary(path: account.home, mode: "0700", owner: account), .skeleton(home: account.home)]
        }
        if Defence.privateTmp.isOn { steps.append(.temporary(path: "/tmp", mode: "1777", owner: nil)) }
        steps += [
            .temporary(path: "/var/tmp", mode: "1777", owner: nil),
            .temporary(path: "/dev/shm", mode: "1777", owner: nil),
            .temporary(path: EnclavePlan.runtimeDirectory(of: account), mode: "0700", owner: account),
            .engineSecrets(folder: PodPaths.secrets),
            .messageQueues,
        ]
        if Defence.terminals.isOn { steps.append(.terminals) }
        steps.append(.processes)
        vaultSteps = [.vault(path: EnclavePlan.vaultPath(of: account))]
        for bridge in bridges {
            guard EnclavePlan.staysInside(bridge) else {
                throw Failure(.project, "the bridge \(bridge) is not a name inside the vault; give a relative path without ..")
            }
            vaultSteps.append(.bridge(bridge))
        }
    }

    static func runtimeDirectory(of account: Account) -> String {
        "/run/user/\(account.uid)"
    }

    private static func staysInside(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return !parts.contains { $0.isEmpty || $0 == "." || $0 == ".." } && parts.first != "secrets"
    }
}
