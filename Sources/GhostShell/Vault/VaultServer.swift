import CCrypto
import CLinux
import Contract
import Linux

/// The process that holds a vault's key: it reads the passphrase, unlocks the header, and serves the plain device over FUSE.
///
/// It is forked from the keeper, which never sees passphrase or key. It ends when the plain device's last user has gone.
struct VaultServer {
    /// What it tells the keeper when the vault is unlocked; an error reply otherwise.
    static let unlockedWord = "unlocked"
    /// The field of that message that says that a damaged header was mended from its copy.
    static let mendedField = "header-mended"

    /// Tries on a terminal before the request fails; a descriptor has one.
    private static let attempts = 3

    let source: PassphraseSource
    let project: String

    /// Runs to the end of the process: as long as `fuse` has users.
    ///
    /// - Returns: the exit status.
    func run(_ image: borrowing VaultImage, fuse: borrowing Descriptor, keeper: borrowing MessageSocket) -> Int32 {
        do throws(Failure) {
            try dieWithKeeper()
            guard KeyMemory.prepare() else {
                throw Failure(.refused, .last("lock memory for keys"), next: "raise the limit of locked memory")
            }
            // To reopen an image that another user owns takes this one capability, and nothing here takes another.
            try Privileges.keepOnly([Capability.dacOverride])
            var message = Message(VaultServer.unlockedWord)
            let device = try unlock(image, &message)
            try Privileges.keepOnly([])
            try SystemCallFilter.vaultServer.load()
            try failing(.vault) { () throws(SystemError) in
                // From here on it lives as long as the plain device is used, so that what was written gets to the disk.
                try retrying("outlive the keeper") { clinux_prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0) }
                try keeper.send(message.encoded)
            }
            try FuseServer.serve(device, connection: fuse)
            try failing(.vault) { () throws(SystemError) in try device.flush() }
            return ExitCode.done.rawValue
        } catch {
            try? keeper.send(Reply.error(error).encoded)
            return error.code.rawValue
        }
    }

    private func dieWithKeeper() throws(Failure) {
        try failing(.vault) { () throws(SystemError) in
            try retrying("end with the keeper") { clinux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0) }
        }
        // It may have ended before the call; init is then our parent.
        if getppid() == 1 { throw Failure(.vault, "the keeper ended while the vault was being unlocked") }
    }

    private func unlock(_ image: borrowing VaultImage, _ message: inout Message) throws(Failure) -> PlainDevice {
        if image.isNew { return try create(image) }
        let before = image.modificationTime()
        let header = try VaultHeader.read(from: image.descriptor)
        if image.modificationTime() != before { message.add(VaultServer.mendedField, "1") }
        let segment = try header.dataSegment()
        try checkMemory(header.derivationMemoryKiB())
        let key = try askForKey(header)
        return try plainDevice(image, segment, key)
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

    private func askForKey(_ header: borrowing VaultHeader) throws(Failure) -> SecretBuffer {
        guard case .terminal(let terminal) = source else {
            return try header.volumeKey(try source.read(prompt: ""))
        }
        if let key = try header.volumeKeyFromTokens(source, say: { say($0, on: terminal) }) { return key }
        var attempt = 1
        while true {
            let passphrase = try source.read(prompt: "Passphrase for the vault of \(project): ")
            do {
                return try header.volumeKey(passphrase)
            } catch {
                if error.code != .proof || attempt == VaultServer.attempts { throw error }
            }
            attempt += 1
            say("That passphrase is wrong.\n", on: terminal)
        }
    }

    private func create(_ image: borrowing VaultImage) throws(Failure) -> PlainDevice {
        guard
            let cost = DerivationCost.forNewVault(
                availableKiB: AvailableMemory.kibibytes(), processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        else {
            throw Failure(.refused, "this pod has too little memory to derive a key safely; give it at least 64 MiB")
        }
        let passphrase = try askForNewPassphrase()
        var key = try SecretBuffer.make(capacity: VaultHeader.newKeySize)
        key.fill { getrandom($0.baseAddress, $0.count, 0) }
        guard key.count == VaultHeader.newKeySize else { throw Failure(.vault, SystemError.last("get random bytes for a key")) }
        let header = try VaultHeader.format(image.descriptor, key: key, passphrase: passphrase, cost: cost)
        return try plainDevice(image, try header.dataSegment(), key)
    }

    private func askForNewPassphrase() throws(Failure) -> SecretBuffer {
        guard case .terminal(let terminal) = source else { return try source.read(prompt: "") }
        say("There is no vault yet. Choose the passphrase that it is opened with: nobody can restore it.\n", on: terminal)
        let first = try source.read(prompt: "New passphrase for the vault of \(project): ")
        let second = try source.read(prompt: "The same again: ")
        guard first.equals(second) else { throw Failure(.proof, "the two passphrases differ, so no vault was made; try again") }
        return first
    }

    private func plainDevice(
        _ image: borrowing VaultImage, _ segment: DataSegment, _ key: consuming SecretBuffer
    ) throws(Failure) -> PlainDevice {
        PlainDevice(segment: segment, image: image.descriptor.raw, cipher: try BlockCipher(segment: segment, key: key))
    }

    private func say(_ text: String, on terminal: Int32) {
        let bytes = [UInt8](text.utf8)
        _ = bytes.withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
    }
}
