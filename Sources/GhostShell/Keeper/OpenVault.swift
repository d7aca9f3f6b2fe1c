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

    /// What a server that has ended was not content with.
    func lastComplaint() -> Failure? {
        guard case .message(let message)? = try? channel.receive(capacity: Message.maximumLength),
            case .error(let failure)? = Reply(parsing: message.bytes)
        else { return nil }
        return failure
    }
}

/// What the keeper holds of one vault, from the lock on its image to its enclave. The parts come one after the other.
final class OpenVault {
    let image: VaultImage
    /// The vault's file system over FUSE, until the loop device holds it.
    private var mount: FuseMount?
    private(set) var server: ServerLink?
    private(set) var enclave: Enclave?

    /// Locks the image at `path`, or makes a new one.
    init(path: String, newSize: UInt64) throws(Failure) {
        image = try VaultImage.open(path: path, newSize: newSize)
    }

    /// Starts the process that asks for the passphrase and then serves the plain data.
    func startServer(_ source: PassphraseSource, project: String) throws(Failure) {
        let connection = try FuseMount.openConnection()
        let mount = try FuseMount(connection: connection)
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        let vaultServer = VaultServer(source: source, project: project)
        let process = try failing(.vault) { () throws(SystemError) in
            try ChildProcess.fork("tazpod-vault") {
                closeDescriptors(
                    except: [
                        STDERR_FILENO, source.descriptor, image.descriptor.raw, connection.raw, pair.theirs.descriptor.raw,
                    ])
                return vaultServer.run(image, fuse: connection, keeper: pair.theirs)
            }
        }
        self.mount = mount
        server = ServerLink(process: process, channel: pair.keepOurs())
    }

    /// From the unlocked server to an enclave in which nothing runs yet.
    func startEnclave(_ configuration: GhostConfiguration) throws(Failure) {
        let plan = try EnclavePlan(account: configuration.account, project: configuration.project, bridges: configuration.bridges)
        let device = try LoopDevice.over(try openPlainFile())
        // The device holds the file now.
        mount = nil
        if image.isNew {
            try Filesystem.make(on: device, owner: configuration.account)
            try image.publish()
        } else {
            try Filesystem.check(device)
        }
        enclave = try Enclave.start(plan, on: device, directory: configuration.directory)
    }

    private func openPlainFile() throws(Failure) -> Descriptor {
        guard let file = try mount?.openFile() else { throw Failure(.vault, "the vault's server is not there any more") }
        return file
    }

    /// Ends enclave and server, and waits for both: afterwards nothing of the vault is mounted, mapped or in memory.
    ///
    /// - Returns: what the server has to say of its end: not all that was written is in the image.
    @discardableResult
    func close() -> Failure? {
        endEnclave()
        mount = nil
        let complaint = endServer()
        image.discardIfUnpublished()
        return complaint
    }

    /// A polite end first, for shells that save their history; then the kernel's.
    private func endEnclave() {
        guard let enclave else { return }
        self.enclave = nil
        try? enclave.channel.send(Message(EnclaveInit.Word.end).encoded)
        if enclave.process.wait(milliseconds: OpenVault.politeMilliseconds) == nil { enclave.process.end() }
        device = enclave.device
    }

    /// The device that the enclave's mount was on.
    private var device: LoopDevice.Identity?

    private static let politeMilliseconds: Int32 = 1_000
    private static let unmountMilliseconds: Int32 = 3_000

    /// With the enclave gone the file system unmounts itself, its device clears itself, and the server ends. If it does not,
    /// somebody outside holds a file of the vault, handed out of the ghost: the file system is then shut off under it.
    private func endServer() -> Failure? {
        guard let server else { return nil }
        self.server = nil
        guard let device else {
            server.process.end()
            return nil
        }
        if server.process.wait(milliseconds: OpenVault.unmountMilliseconds) != nil { return server.lastComplaint() }
        if Defence.shutOff.isOn { Filesystem.shutOff(device) }
        server.process.end()
        return nil
    }
}
