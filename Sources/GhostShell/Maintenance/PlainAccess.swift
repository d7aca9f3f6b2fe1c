import CLinux
import Contract
import Linux

/// A locked vault's plain data as a block device, for the tools of its file system: it is mounted nowhere, and the key is in the
/// process that serves it.
final class PlainAccess {
    private let image: Int32
    private let server: ChildProcess
    private let driver = FuseDriver()

    /// Starts the server, and waits until it has the key.
    ///
    /// - Throws: code 5 when the passphrase is wrong.
    init(_ image: borrowing VaultImage, source: PassphraseSource, project: String) throws(Failure) {
        try driver.prepare(for: image)
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        let vaultServer = VaultServer(source: source, project: project, tries: 1)
        let kept =
            [STDERR_FILENO, source.descriptor, image.descriptor.raw, pair.theirs.descriptor.raw] + driver.serverDescriptors
        self.image = image.descriptor.raw
        let driver = driver
        server = try failing(.vault) { () throws(SystemError) in
            try ChildProcess.fork("tazpod-vault") {
                closeDescriptors(except: kept)
                return vaultServer.run(image, driver: driver, keeper: pair.theirs)
            }
        }
        driver.serverStarted()
        let channel = pair.keepOurs()
        try PlainAccess.waitForKey(on: channel)
    }

    private static func waitForKey(on channel: borrowing MessageSocket) throws(Failure) {
        while true {
            let received = try failing(.vault) { () throws(SystemError) in try channel.receive(capacity: Message.maximumLength) }
            guard case .message(let message) = received else {
                throw Failure(.vault, "the vault's server ended unexpectedly; nothing was changed")
            }
            if case .error(let failure)? = Reply(parsing: message.bytes) { throw failure }
            if Message(parsing: message.bytes)?.isWord(VaultServer.unlockedWord) == true { return }
        }
    }

    /// Runs `body` with the device. Afterwards all of it is on the disk, and the server has ended.
    func withDevice<Result>(_ body: (borrowing Descriptor) throws(Failure) -> Result) throws(Failure) -> Result {
        let result = try useDevice(body)
        var status: Int32 = 0
        try failing(.vault) { () throws(SystemError) in
            try retrying("wait for the vault's server") { waitpid(server.pid, &status, 0) }
            try retrying("write the vault to the disk") { fsync(image) }
        }
        guard exitStatus(status) == 0 else {
            throw Failure(.vault, "the vault's server ended unexpectedly; nothing was changed")
        }
        return result
    }

    private func useDevice<Result>(_ body: (borrowing Descriptor) throws(Failure) -> Result) throws(Failure) -> Result {
        let device = try driver.openDevice()
        let result = try body(device.descriptor)
        try failing(.vault) { () throws(SystemError) in
            try retrying("write the vault to the disk") { fsync(device.descriptor.raw) }
        }
        return result
    }
}
