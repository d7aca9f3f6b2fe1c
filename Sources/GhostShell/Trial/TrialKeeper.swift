import CLinux
import Contract
import Linux

/// A keeper whose vault is thrown away, with us in the place of its `tazpod-init` and of its client.
struct TrialKeeper: ~Copyable {
    /// What came of one unlock.
    struct Answer {
        var output: [UInt8]
        /// The driver that the keeper took, as it announced it.
        var driver: String
    }

    private let process: ChildProcess
    private let channel: MessageSocket

    /// Longer than anything takes on a machine that is busy, and short enough for somebody who waits.
    private static let longestMilliseconds: Int64 = 20_000
    private static let endMilliseconds: Int32 = 10_000
    private static let longestOutput = 4096

    init(_ configuration: GhostConfiguration) throws(Failure) {
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        let theirs = pair.theirs.descriptor.raw
        process = try failing(.vault) { () throws(SystemError) in
            try ChildProcess.fork("tazpod-ghost") {
                closeDescriptors(except: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, theirs])
                do throws(Failure) {
                    let commander = MessageSocket(owning: Descriptor(owning: theirs))
                    try Keeper(configuration: configuration, commander: commander).loop()
                    return ExitCode.done.rawValue
                } catch {
                    return error.code.rawValue
                }
            }
        }
        channel = pair.keepOurs()
    }

    /// With our end of its channel closed a keeper locks, and ends.
    deinit {
        _ = shutdown(channel.descriptor.raw, Int32(SHUT_RDWR))
        if process.wait(milliseconds: TrialKeeper.endMilliseconds) == nil { process.end() }
    }

    /// Unlocks, runs `command` as the ghost, and has the vault locked when that ends.
    ///
    /// - Throws: what the keeper says went wrong.
    func unlock(_ passphrase: String, _ command: [String]) throws(Failure) -> Answer {
        var request = Message("unlock").adding("passphrase", "descriptor")
        for word in command { request.add("arg", word) }
        let output = try failing(.vault) { () throws(SystemError) in try Pipe() }
        let client = try send(request, passphrase, output: output.writing)
        let driver = try awaitEnd(client)
        let printed = output.keepReading()
        let bytes = try failing(.vault) { () throws(SystemError) in
            try printed.readAll(limit: TrialKeeper.longestOutput, stage: "read what a ghost printed")
        }
        return Answer(output: bytes, driver: driver)
    }

    /// - Returns: our end of the client's socket.
    private func send(
        _ request: Message, _ passphrase: String, output: borrowing Descriptor
    ) throws(Failure) -> MessageSocket {
        try failing(.vault) { () throws(SystemError) in
            let client = try MessageSocketPair()
            let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
            let line = try Pipe()
            try line.writing.write(passphrase + "\n", stage: "hand over a passphrase")
            try channel.send(
                request.encoded,
                descriptors: [client.theirs.descriptor.raw, null.raw, output.raw, null.raw, line.reading.raw])
            return client.keepOurs()
        }
    }

    /// Until the command has ended and the vault is locked again.
    ///
    /// - Returns: the driver's name.
    private func awaitEnd(_ client: borrowing MessageSocket) throws(Failure) -> String {
        let deadline = monotonicMilliseconds() &+ TrialKeeper.longestMilliseconds
        var driver = ""
        var keeperSpeaks = true
        while monotonicMilliseconds() < deadline {
            var watched = [client.descriptor.raw, keeperSpeaks ? channel.descriptor.raw : -1].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            poll(&watched, 2, Int32(clamping: max(deadline &- monotonicMilliseconds(), 0)))
            // The keeper announces before it answers: all of that is read first.
            if watched[1].revents != 0 {
                let state = try receive(channel)
                keeperSpeaks = state != nil
                driver = state?.text("driver") ?? driver
                continue
            }
            guard watched[0].revents != 0 else { continue }
            guard let answer = try receive(client) else { throw Failure(.vault, "its keeper ended without an answer") }
            guard answer.isWord("exit") else { continue }
            guard answer.number("status") == 0 else { throw Failure(.vault, "its ghost could not use the vault") }
            guard answer.text("vault") == "locked" else { throw Failure(.vault, "the vault could not be locked again") }
            return driver
        }
        throw Failure(.timeout, "it was not done within \(TrialKeeper.longestMilliseconds / 1000) seconds")
    }

    /// - Returns: nil when the other side has gone.
    private func receive(_ socket: borrowing MessageSocket) throws(Failure) -> Message? {
        let received = try failing(.vault) { () throws(SystemError) in
            try socket.receive(capacity: Message.maximumLength)
        }
        guard case .message(let message) = received else { return nil }
        if case .error(let failure)? = Reply(parsing: message.bytes) { throw failure }
        return Message(parsing: message.bytes)
    }
}
