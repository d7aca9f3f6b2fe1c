import Contract
import Linux

/// What the plan says about this pod's vault and ghost, from the environment that `tazpod-init` was given.
struct GhostConfiguration: Equatable {
    var account: Account
    var project: String
    /// Path of the vault's image.
    var image: String
    /// Size of a new vault's image, in bytes.
    var newSize: UInt64
    var driver: DriverChoice
    /// Seconds between two saves of a vault in memory, while something changes.
    var saveEvery: Int64
    /// Seconds without input on a terminal after which the vault is locked; nil for never.
    var lockAfter: Int64?
    var bridges: [String]
    /// What the project allows its ghost beyond what every ghost may.
    var allowedCalls: [RefusedCalls]
    /// Where a ghost's shell starts.
    var directory: String
    /// The vault is thrown away again (`DriverTrial`).
    var isForTrial = false

    private static let defaultSize: UInt64 = 512 << 20
    /// LUKS2's header takes 2 MiB, 16 in a vault that stock tools made, and a journal wants some room beside it.
    private static let leastSize: UInt64 = 32 << 20

    private static let defaultSaveEvery: Int64 = 300
    private static let mostSaveEvery: Int64 = 366 * 86_400

    /// - Parameter variable: The value of an environment variable, or nil.
    /// - Throws: code 3 for a value that is not of its form.
    init(account: Account, variable: (String) -> String?) throws(Failure) {
        self.account = account
        project = variable(PodVariable.project) ?? "pod"
        image = variable(PodVariable.vault) ?? "\(PodPaths.workspace)/.tazpod/vault/vault.img"
        newSize = GhostConfiguration.defaultSize
        if let text = variable(PodVariable.vaultSize) {
            guard let size = UInt64(text), size >= GhostConfiguration.leastSize, size % 4096 == 0 else {
                throw Failure(.project, "the vault's size must be at least 32 MiB, in whole pages; \(text) bytes is not")
            }
            newSize = size
        }
        driver = try DriverChoice(variable(PodVariable.vaultDriver) ?? "auto")
        saveEvery = GhostConfiguration.defaultSaveEvery
        if let text = variable(PodVariable.vaultSaveEvery) {
            guard let seconds = Int64(text), seconds >= 1, seconds <= GhostConfiguration.mostSaveEvery else {
                throw Failure(.project, "the time between two saves must be at least one second; \(text) is not")
            }
            saveEvery = seconds
        }
        if let text = variable(PodVariable.lockAfter) {
            guard let seconds = Int64(text), seconds >= IdleTime.leastSeconds else {
                throw Failure(.project, "vault: lock_after: must be at least \(IdleTime.leastSeconds)s; \(text) seconds is not")
            }
            lockAfter = seconds
        }
        bridges = (variable(PodVariable.bridges) ?? "").split(separator: ":").map { String($0) }
        allowedCalls = try GhostConfiguration.allowedCalls(variable(PodVariable.allowedCalls) ?? "")
        directory = PodPaths.workspace
    }

    /// The config file was checked already; but what comes from there is not what decides about a never.
    private static func allowedCalls(_ names: String) throws(Failure) -> [RefusedCalls] {
        var result: [RefusedCalls] = []
        for name in names.split(separator: ":") {
            guard let group = RefusedCalls(rawValue: String(name)), group.mayBeAllowed else {
                throw Failure(
                    .project,
                    """
                    no project may allow its ghost \(name); under enclave: allow: in config.yaml there can be \
                    \(RefusedCalls.namesThatMayBeAllowed.joined(separator: ", "))
                    """)
            }
            result.append(group)
        }
        return result
    }

    /// The configuration of the pod that we are in.
    static func current() throws(Failure) -> GhostConfiguration {
        let name = environmentValue(PodVariable.user) ?? "tazpod"
        let account = try failing(.provider) { () throws(SystemError) in
            try Account.find(name, orMakeAs: environmentValue(PodVariable.newUser))
        }
        guard let account else { throw Failure(.provider, "there is no user \(name) in this pod's /etc/passwd") }
        guard account.uid != 0 else {
            throw Failure(.refused, "the workspace user is root, so nothing could keep a secret from the public area")
        }
        return try GhostConfiguration(account: account, variable: environmentValue)
    }
}
