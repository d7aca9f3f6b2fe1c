import CLinux
import Contract
import Linux

/// A `vault` request to the pod that we are in.
struct VaultClient {
    var action: String
    var passphrase: SecretOrigin?
    var second: SecretOrigin?
    /// What a header is written to, or read from.
    var file: Int32?
    /// Further fields of the request.
    var fields: [(String, String)] = []

    /// The kernel tells these to us alone: with us gone, the keeper breaks the work off.
    private static let endingSignals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]

    /// Asks, and waits for the answer.
    func run() throws -> Message {
        do {
            return try converse()
        } catch {
            passphrase?.waitUntilComplete()
            throw error
        }
    }

    private func converse() throws -> Message {
        let signals = try failing(.provider) { () throws(SystemError) in
            let set = SignalSet.of(VaultClient.endingSignals)
            try set.setAsMask()
            return try SignalDescriptor(set)
        }
        var message = Message("vault").adding("action", action)
        var descriptors = [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]
        let opened = ReceivedDescriptors(try [passphrase, second].compactMap { try $0?.open().release() })
        if let passphrase { message.add("passphrase", passphrase.form) }
        if let second { message.add("second-passphrase", second.form) }
        descriptors += opened.numbers
        if let file {
            message.add("file", "descriptor")
            descriptors.append(file)
        }
        for (key, value) in fields { message.add(key, value) }
        let client = try ControlClient()
        try client.send(message, descriptors: descriptors)
        while !client.wait(orSignal: signals) {
            if let record = signals.next() { throw PassedStatus(128 + Int32(record.ssi_signo)) }
        }
        return try client.answer()
    }
}
