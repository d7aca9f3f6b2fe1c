import CLinux
import Contract
import Linux

/// Asks for the passphrase of a vault that is open, and tries it on a key slot: a process of its own, that ends with the answer.
struct PassphraseProver {
    let source: PassphraseSource
    let project: String

    /// - Parameter image: The vault's image; nothing in it is changed, unless a copy of the header has to be mended.
    /// - Returns: an exit code of the contract.
    func run(_ image: borrowing Descriptor) -> Int32 {
        do throws(Failure) {
            try failing(.vault) { () throws(SystemError) in
                try retrying("end with the keeper") { clinux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0) }
            }
            try Privileges.keepOnly([Capability.dacOverride])
            let header = try VaultHeader.read(from: image)
            if header.isMended { TazpodGhost.complain(VaultServer.mendedSentence) }
            guard header.derivationMemoryKiB() < AvailableMemory.kibibytes() else { return ExitCode.refused.rawValue }
            try header.check(try source.read(prompt: "Passphrase for the vault of \(project): "))
            return ExitCode.done.rawValue
        } catch {
            return error.code.rawValue
        }
    }
}
