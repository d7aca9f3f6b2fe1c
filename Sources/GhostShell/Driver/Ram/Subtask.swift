import CLinux
import Contract
import Linux

/// Work in a process of its own: what it reads is not trusted, and it has no key, few privileges and few descriptors.
enum Subtask {
    /// Runs `body` in a forked child, and waits for it.
    ///
    /// - Parameters:
    ///   - name: What ps(1) calls the child.
    ///   - descriptors: Those that it keeps.
    ///   - stage: A verb phrase, for when it ends without a word.
    /// - Throws: what `body` throws.
    static func run(
        _ name: String, keeping descriptors: [Int32], capabilities: [Int32], stage: String, _ body: () throws(Failure) -> Void
    ) throws(Failure) {
        let pair = try failing(.vault) { () throws(SystemError) in try MessageSocketPair() }
        let child = try failing(.vault) { () throws(SystemError) in
            try ChildProcess.fork(name) {
                closeDescriptors(except: [STDERR_FILENO, pair.theirs.descriptor.raw] + descriptors)
                do throws(Failure) {
                    clinux_prctl(PR_SET_PDEATHSIG, UInt(SIGKILL), 0, 0, 0)
                    try Privileges.keepOnly(capabilities)
                    try body()
                    try? pair.theirs.send(Message("ok").encoded)
                } catch {
                    try? pair.theirs.send(Reply.error(error).encoded)
                }
                return 0
            }
        }
        let channel = pair.keepOurs()
        let received = try? channel.receive(capacity: Message.maximumLength)
        child.end()
        guard case .message(let message)? = received, let reply = Reply(parsing: message.bytes) else {
            throw Failure(.vault, "cannot \(stage): the process that did it was ended")
        }
        if case .error(let failure) = reply { throw failure }
    }
}
