import CLinux
import Contract
import Linux

/// The keeper's hold on a running enclave: its PID 1, by whose end everything in it ends.
final class Enclave {
    let process: ChildProcess
    let channel: MessageSocket
    /// What it was built over.
    let filesystem: VaultFilesystem.Identity

    /// Long enough for a journal's replay on a slow disk.
    private static let buildMilliseconds: Int32 = 60_000

    private enum Word {
        static let built = "built"
        static let mapped = "mapped"
        static let ready = "ready"
    }

    /// Builds an enclave over `filesystem`, which only its mount holds afterwards.
    ///
    /// - Returns: an enclave in which nothing runs yet but its PID 1.
    static func start(
        _ plan: EnclavePlan, on filesystem: consuming VaultFilesystem, directory: String
    ) throws(Failure) -> Enclave {
        let identity = filesystem.identity
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        let process = try forkIntoNewPIDNamespace(plan, identity, filesystem.descriptor, pair.theirs, directory)
        let enclave = Enclave(process: process, channel: pair.keepOurs(), filesystem: identity)
        do throws(Failure) {
            try enclave.expect(Word.built)
            try EnclaveIdentity.writeIdentityMap(of: enclave.process.pid)
            try failing(.vault) { () throws(SystemError) in try enclave.channel.send(Message(Word.mapped).encoded) }
            try enclave.expect(Word.ready)
        } catch {
            enclave.process.end()
            throw error
        }
        return enclave
    }

    private init(process: ChildProcess, channel: consuming MessageSocket, filesystem: VaultFilesystem.Identity) {
        self.process = process
        self.channel = channel
        self.filesystem = filesystem
    }

    /// unshare(2) of a PID namespace concerns children to come; ours is put back for the ones after this.
    private static func forkIntoNewPIDNamespace(
        _ plan: EnclavePlan, _ filesystem: VaultFilesystem.Identity, _ descriptor: Int32, _ channel: borrowing MessageSocket,
        _ directory: String
    ) throws(Failure) -> ChildProcess {
        try failing(.provider, next: "the pod needs CAP_SYS_ADMIN; tazpod up starts one that has it") { () throws(SystemError) in
            let own = try Descriptor.open("/proc/self/ns/pid", O_RDONLY, stage: "open our PID namespace")
            try retrying("make the enclave's PID namespace") { clinux_unshare(CLONE_NEWPID) }
            defer { _ = clinux_setns(own.raw, CLONE_NEWPID) }
            return try ChildProcess.fork("tazpod-enclave") {
                closeDescriptors(except: [
                    STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, channel.descriptor.raw, descriptor,
                ])
                return live(plan, filesystem, descriptor, channel, directory)
            }
        }
    }

    /// The whole life of the enclave's PID 1.
    private static func live(
        _ plan: EnclavePlan, _ filesystem: VaultFilesystem.Identity, _ descriptor: Int32, _ channel: borrowing MessageSocket,
        _ directory: String
    ) -> Int32 {
        do throws(Failure) {
            umask(0o022)
            try EnclaveBuilder(plan: plan, filesystem: filesystem, descriptor: descriptor).build()
            // Only the mount holds it from here on.
            _ = close(descriptor)
            try EnclaveIdentity.enterUserNamespace()
            try failing(.vault) { () throws(SystemError) in try channel.send(Message(Word.built).encoded) }
            try expect(Word.mapped, on: channel)
            try EnclaveIdentity.become(plan.account, plan.filter)
            try endWithKeeper()
            var enclaveInit = try EnclaveInit(
                directory: directory, idleAfter: plan.idleAfter, staysWhenEmpty: filesystem == .tree)
            if Defence.privateHome.isOn { enclaveInit.fillHome(of: plan.account) }
            try failing(.vault) { () throws(SystemError) in try channel.send(Message(Word.ready).encoded) }
            enclaveInit.loop(channel)
            return 0
        } catch {
            try? channel.send(Reply.error(error).encoded)
            return error.code.rawValue
        }
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
        try Enclave.expect(word, on: channel)
    }

    /// Waits for `word`; an error reply in its place is thrown.
    private static func expect(_ word: String, on channel: borrowing MessageSocket) throws(Failure) {
        var watched = pollfd(fd: channel.descriptor.raw, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, buildMilliseconds) == 1 else {
            throw Failure(.timeout, "the enclave was not built within \(buildMilliseconds / 1000) seconds; the vault is locked")
        }
        let received = try failing(.vault) { () throws(SystemError) in
            try channel.receive(capacity: Message.maximumLength)
        }
        guard case .message(let message) = received else {
            throw Failure(.vault, "the enclave ended while it was built; the vault is locked")
        }
        if case .error(let failure)? = Reply(parsing: message.bytes) { throw failure }
        guard Message(parsing: message.bytes)?.isWord(word) == true else {
            throw Failure(.vault, "the enclave and its keeper do not understand each other; are both of one version?")
        }
    }
}
