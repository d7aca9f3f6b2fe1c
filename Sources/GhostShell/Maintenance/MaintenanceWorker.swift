import CLinux
import Contract
import Linux

/// The process that works on a vault for one client, and alone sees what that takes: passphrases, and for a moment the key. It
/// is forked from the keeper, ends with it, and its last message is the client's answer.
struct MaintenanceWorker {
    let request: MaintenanceRequest
    let project: String
    /// The vault is open while this runs.
    let isOpen: Bool
    let client: MaintenanceClient

    /// Forks the process, which answers over `channel`.
    func start(on image: borrowing VaultImage, answering channel: borrowing MessageSocket) throws(Failure) -> ChildProcess {
        try failing(.vault) { () throws(SystemError) in
            try ChildProcess.fork("tazpod-keys") {
                let own = [STDERR_FILENO, image.descriptor.raw, image.directory.raw, channel.descriptor.raw]
                closeDescriptors(except: own + client.descriptors)
                return run(image, channel)
            }
        }
    }

    private func run(_ image: borrowing VaultImage, _ channel: borrowing MessageSocket) -> Int32 {
        do throws(Failure) {
            try failing(.vault) { () throws(SystemError) in
                try retrying("end with the keeper") { clinux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0) }
            }
            if getppid() == 1 { throw Failure(.vault, "the keeper ended before the work began") }
            try Privileges.keepOnly(capabilities)
            let answer = try work(image)
            try? channel.send(Reply.ok(answer).encoded)
            return ExitCode.done.rawValue
        } catch {
            try? channel.send(Reply.error(error).encoded)
            return error.code.rawValue
        }
    }

    /// To open an image that another user owns; and what it takes to lay a device over the plain data, where that is needed.
    private var capabilities: [Int32] {
        switch request.action {
        case .resize, .check:
            [
                Capability.dacOverride, Capability.sysAdmin, Capability.setPCap, Capability.makeNode, Capability.changeOwner,
                Capability.fileOwner,
            ]
        default: [Capability.dacOverride]
        }
    }

    private func work(_ image: borrowing VaultImage) throws(Failure) -> Message {
        switch request.action {
        case .info: return try VaultReport.info(image.descriptor)
        case .check: return try check(image)
        case .passwd, .addKey, .removeKey, .recovery: return try KeyChange(worker: self).apply(to: image.descriptor)
        case .backup:
            guard let file = client.file else { throw Failure(.usage, "backup needs a file to write to") }
            return try HeaderBackup.write(image.descriptor, to: file)
        case .restore:
            guard let file = client.file else { throw Failure(.usage, "restore needs a file to read from") }
            return try HeaderRestore.run(image, from: file)
        case .resize:
            guard let size = request.size else { throw Failure(.usage, "resize needs a size") }
            return try Resize(size: size, source: try requirePassphrase(), project: project).run(image)
        }
    }

    private func check(_ image: borrowing VaultImage) throws(Failure) -> Message {
        var source: PassphraseSource?
        if request.isFull || client.passphrase != nil { source = try requirePassphrase() }
        return try VaultCheck(source: source, project: project, isOpen: isOpen).run(image)
    }

    /// Where the proof comes from.
    ///
    /// - Throws: code 5 when there is neither a descriptor nor a terminal for it.
    func requirePassphrase() throws(Failure) -> PassphraseSource {
        if let passphrase = client.passphrase { return passphrase }
        if let terminal = client.terminal { return .terminal(terminal) }
        throw Failure(.proof, "there is no terminal to ask for the passphrase on; use --passphrase-fd N")
    }
}
