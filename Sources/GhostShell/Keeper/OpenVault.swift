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
    let image: VaultImage
    let driver: any Driver
    private(set) var server: ServerLink?
    private(set) var enclave: Enclave?

    /// Locks the image, or makes a new one.
    init(_ configuration: GhostConfiguration) throws(Failure) {
        image = try VaultImage.open(path: configuration.image, newSize: configuration.newSize)
        driver = configuration.driver.makeDriver()
    }

    /// Starts the process that asks for the passphrase and then serves the plain data.
    func startServer(_ source: PassphraseSource, _ configuration: GhostConfiguration) throws(Failure) {
        try driver.prepare(for: image)
        if !image.isNew { try LoopDevice.checkUnused(asBackingFile: image.descriptor) }
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        let vaultServer = VaultServer(source: source, project: configuration.project, isForTrial: configuration.isForTrial)
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
        let plan = try EnclavePlan(
            account: configuration.account, project: configuration.project, bridges: configuration.bridges,
            allowedCalls: configuration.allowedCalls)
        switch try driver.openFilesystem(&descriptors, of: image) {
        case .device(let device):
            if image.isNew {
                try Filesystem.make(on: device, owner: configuration.account)
                try image.publish()
            } else {
                try Filesystem.check(device)
            }
            enclave = try Enclave.start(plan, on: device, directory: configuration.directory)
        }
    }

    /// Ends enclave and server, and waits for both: afterwards nothing of the vault is mounted, mapped or in memory.
    func close() {
        endEnclave()
        endServer()
        image.discardIfUnpublished()
    }

    /// A polite end first, for shells that save their history; then the kernel's.
    private func endEnclave() {
        guard let enclave else { return }
        self.enclave = nil
        try? enclave.channel.send(Message(EnclaveInit.Word.end).encoded)
        if enclave.process.wait(milliseconds: OpenVault.politeMilliseconds) == nil && Defence.forcedEnd.isOn {
            enclave.process.end()
        }
        device = enclave.device
    }

    /// The device that the enclave's mount was on.
    private var device: BlockDevice.Identity?

    private static let politeMilliseconds: Int32 = 1_000
    private static let unmountMilliseconds: Int32 = 3_000

    /// With the enclave gone the file system unmounts itself, its device clears itself, and the server ends. If it does not,
    /// somebody outside holds a file of the vault, handed out of the ghost: the file system is then shut off under it.
    private func endServer() {
        guard let process = server?.process else { return }
        server = nil
        guard let device else {
            process.end()
            driver.cutOff(image)
            return
        }
        if process.wait(milliseconds: OpenVault.unmountMilliseconds) != nil { return }
        if Defence.shutOff.isOn { Filesystem.shutOff(device) }
        process.end()
        driver.cutOff(image)
    }
}
