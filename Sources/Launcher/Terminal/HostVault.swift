import CLinux
import Contract
import Linux
import Logging

/// `tazpod vault VERB` on the host: it becomes the engine's process, or runs it where something of the host's has to go with it.
struct HostVault {
    let pod: FoundPod
    let log: Logger

    init(_ options: GlobalOptions) async throws {
        pod = try await options.findRunningPod()
        log = options.log
    }

    /// Runs the verb in the pod, with what the user gave as passphrases on its standard input.
    ///
    /// Without any, the pod asks for them on the terminal.
    func become(_ words: [String], passphrase: SecretOrigin? = nil, second: SecretOrigin? = nil) throws {
        guard passphrase != nil || second != nil else {
            try command(words, interactive: Console.isInteractive).become(log: log)
        }
        guard passphrase != nil else {
            throw Failure(
                .usage, "give the passphrase too, with --passphrase-fd or --key-file: an engine passes no terminal beside it")
        }
        let given = [passphrase, second].compactMap { $0 }
        let input = try SecretRelay.pipe(given)
        let flags = (passphrase == nil ? [] : ["--framed"]) + (second == nil ? [] : ["--new-framed"])
        try PassedStatus.pass(try command(words + flags, interactive: false).runAttached(standardInput: input, log: log))
    }

    /// Runs the verb in the pod with `input` and `output` as its standard input and output.
    func run(_ words: [String], input: borrowing Descriptor, output: Int32) throws {
        try PassedStatus.pass(
            try command(words, interactive: false).runAttached(standardInput: input, standardOutput: output, log: log))
    }

    private func command(_ words: [String], interactive: Bool) throws -> HostCommand {
        try pod.guest(["vault"] + words, interactive: interactive)
    }
}
