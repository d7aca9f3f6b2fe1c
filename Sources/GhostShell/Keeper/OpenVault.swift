import CLinux
import Contract
import Linux

/// The keeper's hold on the process that serves a vault.
final class ServerLink {
    let process: ChildProcess
    /// What it says when it has unlocked the vault, or could not.
    let channel: MessageSocket

    init(process: ChildProcess, channel: consuming MessageSocket) {
        self.process = process
        self.channel = channel
    }

    /// Lets the server read to the end of what we have to say.
    func enclaveHasEnded() {
        shutdown(channel.descriptor.raw, Int32(SHUT_WR))
    }

    /// What a server that has ended was not content with.
    func lastComplaint() -> Failure? {
        guard case .message(let message)? = try? channel.receive(capacity: Message.maximumLength),
            case .error(let failure)? = Reply(parsing: message.bytes)
        else { return nil }
        return failure
    }
}

/// What the keeper holds of one vault, from the lock on its image to its enclave.
final class OpenVault {
    private(set) var image: VaultImage
    let driver: any Driver
    private(set) var server: ServerLink?
    private(set) var enclave: Enclave?
    /// What is known of the saves of a vault in memory; nil of one that needs none.
    var saves: SaveRecord?

    /// Locks the image, or makes a new one.
    init(_ configuration: GhostConfiguration) throws(Failure) {
        image = try VaultImage.open(path: configuration.image, newSize: configuration.newSize)
        driver = configuration.driver.makeDriver(configuration)
    }

    /// Starts the process that asks for the passphrase and then serves the plain data.
    ///
    /// - Parameter tries: How many passphrases may be tried.
    func startServer(_ source: PassphraseSource, _ configuration: GhostConfiguration, tries: Int) throws(Failure) {
        try driver.prepare(for: image)
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        let newVault = VaultServer.NewVault(
            size: configuration.newSize, owner: configuration.account, isForTrial: configuration.isForTrial)
        let vaultServer = VaultServer(
            source: source, project: configuration.project, tries: tries, newVault: image.isNew ? newVault : nil)
        let process = try failing(.vault) { () throws(SystemError) in
            try ChildProcess.fork("tazpod-vault") {
                closeDescriptors(
                    except: [STDERR_FILENO, source.descriptor, image.descriptor.raw, pair.theirs.descriptor.raw]
                        + driver.serverDescriptors)
                return vaultServer.run(image, driver: driver, keeper: pair.theirs)
            }
        }
        driver.serverStarted()
        server = ServerLink(process: process, channel: pair.keepOurs())
    }

    /// Starts to build the enclave, beside the server: nothing of it is secret before it has its vault.
    func beginEnclave(_ configuration: GhostConfiguration) throws(Failure) {
        var plan = try EnclavePlan(
            account: configuration.account, project: configuration.project, bridges: configuration.bridges,
            allowedCalls: configuration.allowedCalls)
        plan.idleAfter = configuration.lockAfter
        enclave = try Enclave.begin(plan, directory: configuration.directory)
    }

    /// From the unlocked server to an enclave in which nothing runs yet.
    ///
    /// - Parameter descriptors: What came with the server's announcement.
    func completeEnclave(_ configuration: GhostConfiguration, _ descriptors: inout ReceivedDescriptors) throws(Failure) {
        if image.isNew { try image.publish() }
        let filesystem = try driver.openFilesystem(&descriptors, of: image)
        switch filesystem {
        case .device(let device):
            if !image.isNew { try Filesystem.check(device.descriptor) }
        case .tree: saves = SaveRecord(savedAt: image.modificationTime())
        }
        try enclave?.complete(with: filesystem)
    }

    /// What to say when there may be too little room on the image's disk.
    var roomWarning: String? { saves == nil ? image.roomWarning() : image.replacementWarning() }

    /// Asks the server of a vault in memory for something.
    func tellServer(_ word: String) {
        try? server?.channel.send(Message(word).encoded)
    }

    /// A save has put another file in the image's place.
    func continueWith(_ replacement: consuming Descriptor) {
        image.continueWith(replacement)
    }

    /// Ends enclave and server, and waits for both: afterwards nothing of the vault is mounted, mapped or in memory.
    ///
    /// - Parameter discarding: What a vault in memory has not saved is lost.
    /// - Returns: what the server has to say of its end: not all that was written is in the image.
    @discardableResult
    func close(discarding: Bool = false) -> Failure? {
        endEnclave()
        let complaint = endServer(discarding: discarding)
        image.discardIfUnpublished()
        return complaint
    }

    /// A polite end first, for shells that save their history; then the kernel's. Without a vault there are no shells.
    private func endEnclave() {
        guard let enclave else { return }
        self.enclave = nil
        guard enclave.filesystem != nil else { return enclave.process.end() }
        try? enclave.channel.send(Message(EnclaveInit.Word.end).encoded)
        if enclave.process.wait(milliseconds: OpenVault.politeMilliseconds) == nil && Defence.forcedEnd.isOn {
            enclave.process.end()
        }
        filesystem = enclave.filesystem
    }

    /// What the enclave was built over.
    private var filesystem: VaultFilesystem.Identity?

    private static let politeMilliseconds: Int32 = 1_000
    private static let unmountMilliseconds: Int32 = 3_000

    /// With the enclave gone the file system unmounts itself, its device clears itself, and the server ends. If it does not,
    /// somebody outside holds a file of the vault, handed out of the ghost: the file system is then shut off under it.
    private func endServer(discarding: Bool) -> Failure? {
        guard let server else { return nil }
        self.server = nil
        var complaint: Failure?
        switch filesystem {
        case nil: break
        case .tree: complaint = server.save(discarding: discarding)
        case .device(let device):
            server.enclaveHasEnded()
            if server.process.wait(milliseconds: OpenVault.unmountMilliseconds) != nil { return server.lastComplaint() }
            if Defence.shutOff.isOn { Filesystem.shutOff(device) }
        }
        server.process.end()
        driver.cutOff(image)
        return complaint
    }
}
