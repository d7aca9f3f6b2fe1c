import CLinux
import Contract
import Linux

/// The image of a vault that is locked, held while something is done to it.
final class HeldImage {
    let image: VaultImage

    init(path: String) throws(Failure) {
        image = try VaultImage.openExisting(path: path)
    }
}

/// The keeper's hold on the process that works on a vault for one client.
final class Maintenance {
    let client: Client
    let process: ChildProcess
    private let channel: MessageSocket
    /// The image, when the vault is locked: it is nobody else's until the work is done.
    private let held: HeldImage?

    /// Forks the process.
    ///
    /// - Parameter open: The vault, if it is open.
    init(for client: Client, configuration: GhostConfiguration, open: OpenVault?) throws(Failure) {
        guard let request = client.request.maintenance else { throw Failure(.usage, "tazpod vault has no such verb") }
        self.client = client
        let worker = MaintenanceWorker(
            request: request, project: configuration.project, isOpen: open != nil, client: MaintenanceClient(client))
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        if let open {
            held = nil
            process = try worker.start(on: open.image, answering: pair.theirs)
        } else {
            let held = try HeldImage(path: configuration.image)
            self.held = held
            process = try worker.start(on: held.image, answering: pair.theirs)
        }
        channel = pair.keepOurs()
    }

    /// What the process answered before it ended.
    func answer(_ status: Int32) -> Reply {
        var watched = pollfd(fd: channel.descriptor.raw, events: Int16(POLLIN), revents: 0)
        if poll(&watched, 1, 0) == 1, case .message(let received)? = try? channel.receive(capacity: Message.maximumLength),
            let reply = Reply(parsing: received.bytes)
        {
            return reply
        }
        return .error(
            Failure(.vault, "the work on the vault was broken off (status \(status)); it is as before, or finished: try again"))
    }
}

/// What the process takes over from its client.
struct MaintenanceClient {
    var passphrase: PassphraseSource?
    var secondPassphrase: PassphraseSource?
    var terminal: Int32?
    var output: Int32
    var file: Int32?

    init(_ client: Client) {
        passphrase = client.givenPassphrase
        secondPassphrase = client.secondPassphrase
        terminal = client.terminal
        output = client.standard.count == 3 ? client.standard[1] : -1
        file = client.file
    }

    var descriptors: [Int32] {
        [passphrase?.descriptor, secondPassphrase?.descriptor, terminal, output, file].compactMap { $0 }.filter { $0 >= 0 }
    }
}
