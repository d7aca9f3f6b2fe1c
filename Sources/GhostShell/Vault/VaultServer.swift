import CLinux
import Contract
import Linux

/// The process that holds a vault's key: it reads the passphrase, unlocks the header, and serves what its driver makes of it.
///
/// It is forked from the keeper, which never sees passphrase or key. It ends when the vault's last user has gone.
struct VaultServer {
    /// What it tells the keeper when the vault is unlocked; an error reply otherwise.
    static let unlockedWord = "unlocked"
    /// What it says of every passphrase that was wrong.
    static let wrongWord = "wrong"
    /// The field of the announcement that says that a damaged header was mended from its copy.
    static let mendedField = "header-mended"
    static let mendedSentence = "the vault's header was damaged and was mended from its intact copy"

    /// Tries on a terminal before the request fails; a descriptor has one.
    private static let attempts = 3

    let source: PassphraseSource
    let project: String
    /// How many passphrases may be tried.
    let tries: Int
    /// What is to be made first; nil when there is a vault.
    var newVault: NewVault?

    struct NewVault {
        /// Bytes of its image.
        var size: UInt64
        var owner: Account
        /// It is thrown away again, so it is opened as cheaply as can be.
        var isForTrial: Bool
    }

    /// Runs to the end of the process: as long as the vault has users.
    ///
    /// - Returns: the exit status.
    func run(_ image: borrowing VaultImage, driver: any Driver, keeper: borrowing MessageSocket) -> Int32 {
        do throws(Failure) {
            try dieWithKeeper()
            guard KeyMemory.prepare() else {
                throw Failure(.refused, .last("lock memory for keys"), next: "raise the limit of locked memory")
            }
            if let newVault {
                try driver.serve(try create(newVault, in: image, driver), image: image, keeper: keeper)
            } else {
                try driver.serve(try unlock(image, driver, keeper), image: image, keeper: keeper)
            }
            return ExitCode.done.rawValue
        } catch {
            try? keeper.send(Reply.error(error).encoded)
            return error.code.rawValue
        }
    }

    /// Tells the keeper that the vault can be mounted. From here on the server lives as long as the vault is used, so that what was
    /// written gets to the disk.
    static func announce(
        hasMendedHeader: Bool, to keeper: borrowing MessageSocket, descriptors: [Int32] = []
    ) throws(Failure) {
        var message = Message(unlockedWord)
        if hasMendedHeader { message.add(mendedField, "1") }
        let bytes = message.encoded
        try failing(.vault) { () throws(SystemError) in
            try retrying("outlive the keeper") { clinux_prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) }
            try keeper.send(bytes, descriptors: descriptors)
        }
    }

    private func dieWithKeeper() throws(Failure) {
        try failing(.vault) { () throws(SystemError) in
            try retrying("end with the keeper") { clinux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0) }
        }
        // It may have ended before the call; init is then our parent.
        if getppid() == 1 { throw Failure(.vault, "the keeper ended while the vault was being unlocked") }
    }

    /// To reopen an image that another user owns takes the first one.
    private func dropPrivileges(for driver: any Driver) throws(Failure) {
        try Privileges.keepOnly([Capability.dacOverride] + driver.serverCapabilities)
    }

    private func unlock(
        _ image: borrowing VaultImage, _ driver: any Driver, _ keeper: borrowing MessageSocket
    ) throws(Failure) -> UnlockedVault {
        try dropPrivileges(for: driver)
        let header = try VaultHeader.read(from: image.descriptor)
        let segment = try header.dataSegment()
        try checkMemory(header.derivationMemoryKiB())
        return UnlockedVault(segment: segment, key: try askForKey(header, keeper), hasMendedHeader: header.isMended)
    }

    /// Deriving the key takes memory in one piece; a pod that has less would be killed by the kernel.
    private func checkMemory(_ needed: UInt64) throws(Failure) {
        let available = AvailableMemory.kibibytes()
        guard needed < available else {
            throw Failure(
                .refused,
                """
                unlocking takes \(needed / 1024) MiB of memory and this pod has \(available / 1024) MiB left; give it more \
                (resources: memory: in config.yaml)
                """)
        }
    }

    private func askForKey(_ header: borrowing VaultHeader, _ keeper: borrowing MessageSocket) throws(Failure) -> SecretBuffer {
        if case .terminal(let terminal) = source,
            let key = try header.volumeKeyFromTokens(source, say: { say($0, on: terminal) })
        {
            return key
        }
        var attempt = 1
        while true {
            let passphrase = try source.read(prompt: "Passphrase for the vault of \(project): ")
            do {
                return try header.volumeKey(passphrase)
            } catch {
                if error.code != .proof { throw error }
                try? keeper.send(Message(VaultServer.wrongWord).encoded)
                guard case .terminal(let terminal) = source, attempt < min(VaultServer.attempts, tries) else { throw error }
                say("That passphrase is wrong.\n", on: terminal)
            }
            attempt += 1
        }
    }

    private func create(
        _ new: NewVault, in image: borrowing VaultImage, _ driver: any Driver
    ) throws(Failure) -> UnlockedVault {
        let blank = try BlankFilesystem.begin(imageLength: new.size, owner: new.owner)
        try dropPrivileges(for: driver)
        guard
            let cost = new.isForTrial
                ? DerivationCost.leastOfAll
                : DerivationCost.forNewVault(
                    availableKiB: AvailableMemory.kibibytes(), processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        else {
            throw Failure(.refused, "this pod has too little memory to derive a key safely; give it at least 64 MiB")
        }
        let passphrase = try askForNewPassphrase()
        var key = try SecretBuffer.make(capacity: VaultHeader.newKeySize)
        key.fill { getrandom($0.baseAddress, $0.count, 0) }
        guard key.count == VaultHeader.newKeySize else { throw Failure(.vault, SystemError.last("get random bytes for a key")) }
        let header = try VaultHeader.format(image.descriptor, key: key, passphrase: passphrase, cost: cost)
        let segment = try header.dataSegment()
        let cipher = SparseCipher(
            segment: segment,
            cipher: try BlockCipher(segment: segment, key: try failing(.vault) { () throws(SystemError) in try key.duplicate() }))
        let plain = try blank.finished()
        try failing(.vault) { () throws(SystemError) in try cipher.encrypt(plain, into: image.descriptor) }
        return UnlockedVault(segment: segment, key: key, hasMendedHeader: false)
    }

    private func askForNewPassphrase() throws(Failure) -> SecretBuffer {
        guard case .terminal(let terminal) = source else { return try source.read(prompt: "") }
        say("There is no vault yet. Choose the passphrase that it is opened with: nobody can restore it.\n", on: terminal)
        let first = try source.read(prompt: "New passphrase for the vault of \(project): ")
        let second = try source.read(prompt: "The same again: ")
        guard first.equals(second) else { throw Failure(.proof, "the two passphrases differ, so no vault was made; try again") }
        return first
    }

    private func say(_ text: String, on terminal: Int32) {
        let bytes = [UInt8](text.utf8)
        _ = bytes.withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
    }
}
