import CLinux
import Contract
import Linux

/// A verb of ours that does its work in the ghost, wherever it is typed: the vault is opened for it if it is locked.
struct GhostErrand {
    /// The verb and its arguments, as `tazpod` in the ghost gets them.
    var words: [String]

    /// Whether this process is in a ghost. Only the way to it depends on that, and no right.
    static var isThere: Bool { environmentValue("TAZPOD_GHOST") != nil }

    /// An option of the verb: it does nothing where the vault is locked, and ends with `lockedStatus`.
    static let onlyOpen = "--only-open"
    /// EX_TEMPFAIL of sysexits.h, which none of our verbs ends with.
    static let lockedStatus: Int32 = 75

    /// Typed in the pod, outside of the ghost.
    func runInPod(passphrase: SecretOrigin?, onlyOpen: Bool) throws {
        if try onlyOpen && PodStatus.vaultState(ControlClient()) != "open" { throw PassedStatus(GhostErrand.lockedStatus) }
        let here = try failing(.provider) { () throws(SystemError) in try ownFolder() }
        let client = GhostClient(
            verb: "unlock", command: ["\(here)/tazpod"] + words, precedesSession: true, passphrase: passphrase)
        try PassedStatus.pass(client.run())
    }

    /// Typed on the host, which reaches into the pod by itself.
    ///
    /// - Parameter given: What comes after, with an input of its own.
    func run(through ghost: DirectGhost, then given: GivenInput?) throws -> Int32 {
        let program = "\(ghost.host.pod.provider.programFolder)/tazpod"
        let first = try ghost.errand([program] + words)
        let second = try given.map { try ghost.errand([program] + $0.words, input: $0.descriptor) } ?? 0
        return first == 0 ? second : first
    }

    /// Typed on the host, with an engine between.
    func run(on ghost: HostGhost, then given: GivenInput?) throws -> Int32 {
        let first = try ghost.errand(words)
        let second = try given.map { try ghost.errand($0.words, input: $0.descriptor) } ?? 0
        return first == 0 ? second : first
    }
}

/// A verb's words, and a descriptor that is its standard input.
final class GivenInput {
    let words: [String]
    let descriptor: Descriptor

    init(words: [String], descriptor: consuming Descriptor) {
        self.words = words
        self.descriptor = descriptor
    }
}
