import CLinux
import Contract
import Linux

/// The keeper's hold on an enclave: its PID 1, by whose end everything in it ends.
final class Enclave {
    let process: ChildProcess
    let channel: MessageSocket
    /// What it was built over; nil as long as it has no vault.
    private(set) var filesystem: VaultFilesystem.Identity?

    /// Long enough for a journal's replay on a slow disk.
    private static let buildMilliseconds: Int32 = 60_000

    private enum Word {
        /// Keeper: here is the vault's file system; `tree` when the descriptor is a mount that holds its files.
        static let vault = "vault"
        static let built = "built"
        static let mapped = "mapped"
        static let ready = "ready"
    }

    /// Starts to build an enclave, which waits for its vault when it has come as far as that takes none. What goes wrong with it
    /// until then, `complete` tells.
    static func begin(_ plan: EnclavePlan, directory: String) throws(Failure) -> Enclave {
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        let process = try forkIntoNewPIDNamespace(plan, pair.theirs, directory)
        return Enclave(process: process, channel: pair.keepOurs())
    }

    /// Mounts `filesystem`, which only that mount holds afterwards, and makes the enclave one in which nothing runs yet but its
    /// PID 1, as the user.
    func complete(with filesystem: consuming VaultFilesystem) throws(Failure) {
        let identity = filesystem.identity
        self.filesystem = identity
        var message = Message(Word.vault)
        if identity == .tree { message.add("tree", "1") }
        // When nobody takes it, the reason waits to be read.
        try? channel.send(message.encoded, descriptors: [filesystem.descriptor])
        _ = consume filesystem
        try expect(Word.built)
        try EnclaveIdentity.writeIdentityMap(of: process.pid)
        try failing(.vault) { () throws(SystemError) in try channel.send(Message(Word.mapped).encoded) }
        try expect(Word.ready)
    }

    /// Why it ended before it had a vault; nil while it has not.
    var earlyEnd: Failure? {
        guard process.hasEnded else { return nil }
        do throws(Failure) {
            try expect(Word.built)
            return nil
        } catch {
            return error
        }
    }

    private init(process: ChildProcess, channel: consuming MessageSocket) {
        self.process = process
        self.channel = channel
    }

    /// unshare(2) of a PID namespace concerns children to come; ours is put back for the ones after this.
    private static func forkIntoNewPIDNamespace(
        _ plan: EnclavePlan, _ channel: borrowing MessageSocket, _ directory: String
    ) throws(Failure) -> ChildProcess {
        try failing(.provider, next: "the pod needs CAP_SYS_ADMIN; tazpod up starts one that has it") { () throws(SystemError) in
            let own = try Descriptor.open("/proc/self/ns/pid", O_RDONLY, stage: "open our PID namespace")
            try retrying("make the enclave's PID namespace") { clinux_unshare(CLONE_NEWPID) }
            defer { _ = clinux_setns(own.raw, CLONE_NEWPID) }
            return try ChildProcess.fork("tazpod-enclave") {
                closeDescriptors(except: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, channel.descriptor.raw])
                return live(plan, channel, directory)
            }
        }
    }

    /// The whole life of the enclave's PID 1.
    private static func live(_ plan: EnclavePlan, _ channel: borrowing MessageSocket, _ directory: String) -> Int32 {
        do throws(Failure) {
            umask(0o022)
            let builder = EnclaveBuilder(plan: plan)
            try builder.prepare()
            let filter = Defence.filter.isOn ? try plan.filter.compiled() : []
            let isTree = try putVaultInPlace(builder, channel)
            try EnclaveIdentity.enterUserNamespace()
            try failing(.vault) { () throws(SystemError) in try channel.send(Message(Word.built).encoded) }
            _ = try expect(Word.mapped, on: channel)
            try EnclaveIdentity.become(plan.account, filter)
            try endWithKeeper()
            var enclaveInit = try EnclaveInit(
                directory: directory, vault: EnclavePlan.vaultPath(of: plan.account), idleAfter: plan.idleAfter,
                staysWhenEmpty: isTree)
            try failing(.vault) { () throws(SystemError) in try channel.send(Message(Word.ready).encoded) }
            enclaveInit.loop(channel)
            return 0
        } catch {
            try? channel.send(Reply.error(error).encoded)
            return error.code.rawValue
        }
    }

    /// Waits for the vault as long as it takes to unlock it, or until the keeper has gone. Only its mount holds it afterwards.
    ///
    /// - Returns: whether it is a tree of files in memory.
    private static func putVaultInPlace(_ builder: EnclaveBuilder, _ channel: borrowing MessageSocket) throws(Failure) -> Bool {
        var received = try expect(Word.vault, on: channel, milliseconds: -1)
        guard let descriptor = received.descriptors.take(0) else {
            throw Failure(.vault, "the enclave's keeper sent no vault; are both of one version?")
        }
        let vault = HandedVault(descriptor: descriptor, isTree: Message(parsing: received.bytes)?.text("tree") != nil)
        try builder.finish(with: vault)
        return vault.isTree
    }

    /// The kernel kills us, and with us the enclave, when the keeper ends, whatever ended it. (A change of user clears this, so
    /// it comes after; that the keeper is still there shows in its answers.)
    private static func endWithKeeper() throws(Failure) {
        try failing(.refused) { () throws(SystemError) in
            try retrying("end with the keeper") { clinux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0) }
            try retrying("hide our memory") { clinux_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) }
        }
    }

    private func expect(_ word: String) throws(Failure) {
        _ = try Enclave.expect(word, on: channel)
    }

    /// Waits for `word`; an error reply in its place is thrown.
    private static func expect(
        _ word: String, on channel: borrowing MessageSocket, milliseconds: Int32 = buildMilliseconds
    ) throws(Failure) -> ReceivedMessage {
        var watched = pollfd(fd: channel.descriptor.raw, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, milliseconds) == 1 else {
            throw Failure(.timeout, "the enclave was not built within \(milliseconds / 1000) seconds; the vault is locked")
        }
        let received = try failing(.vault) { () throws(SystemError) in
            try channel.receive(capacity: Message.maximumLength)
        }
        guard case .message(let message) = consume received else {
            throw Failure(.vault, "the enclave ended while it was built; the vault is locked")
        }
        if case .error(let failure)? = Reply(parsing: message.bytes) { throw failure }
        guard Message(parsing: message.bytes)?.isWord(word) == true else {
            throw Failure(.vault, "the enclave and its keeper do not understand each other; are both of one version?")
        }
        return message
    }
}
