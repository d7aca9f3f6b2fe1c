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
}

/// What the keeper holds of one vault, from the lock on its image to its enclave. The parts come one after the other.
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
    func startServer(_ source: PassphraseSource, project: String) throws(Failure) {
        try driver.prepare(for: image)
        if !image.isNew { try LoopDevice.checkUnused(asBackingFile: image.descriptor) }
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        let vaultServer = VaultServer(source: source, project: project)
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

    /// From the unlocked server to an enclave in which nothing runs yet.
    ///
    /// - Parameter descriptors: What came with the server's announcement.
    func startEnclave(_ configuration: GhostConfiguration, _ descriptors: inout ReceivedDescriptors) throws(Failure) {
        let plan = try EnclavePlan(account: configuration.account, project: configuration.project, bridges: configuration.bridges)
        let filesystem = try driver.openFilesystem(&descriptors, of: image)
        switch filesystem {
        case .device(let device):
            if image.isNew {
                try Filesystem.make(on: device.descriptor, owner: configuration.account)
            } else {
                try Filesystem.check(device.descriptor)
            }
        case .tree: saves = SaveRecord(savedAt: image.modificationTime().seconds)
        }
        if image.isNew { try image.publish() }
        enclave = try Enclave.start(plan, on: filesystem, directory: configuration.directory)
    }

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
    /// - Parameter discarding: What was not saved is lost.
    /// - Returns: why the last changes of a vault in memory could not be saved.
    func close(discarding: Bool = false) -> Failure? {
        endEnclave()
        let loss = endServer(discarding: discarding)
        image.discardIfUnpublished()
        return loss
    }

    /// A polite end first, for shells that save their history; then the kernel's.
    private func endEnclave() {
        guard let enclave else { return }
        self.enclave = nil
        try? enclave.channel.send(Message(EnclaveInit.Word.end).encoded)
        if enclave.process.wait(milliseconds: OpenVault.politeMilliseconds) == nil { enclave.process.end() }
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
        var loss: Failure?
        switch filesystem {
        case nil: server.process.end()
        case .tree:
            loss = server.save(discarding: discarding)
            server.process.end()
        case .device(let device):
            // The driver for device-mapper waits for our end of this.
            let process = server.process
            self.server = nil
            if process.wait(milliseconds: OpenVault.unmountMilliseconds) != nil { return nil }
            if Defence.shutOff.isOn { Filesystem.shutOff(device) }
            process.end()
        }
        self.server = nil
        driver.cutOff(image)
        return loss
    }
}
