import CLinux
import Contract
import Linux

/// Tries a driver for real: a small vault is made, a ghost writes to it, it is locked, opened again and read, and locked again.
struct DriverTrial {
    /// The pod's; the trial has a vault of its own.
    let configuration: GhostConfiguration

    private static let imageSize = VaultHeader.newDataOffset + 8 << 20

    /// - Returns: what came of it; a failure is an outcome too.
    func run(_ choice: DriverChoice) -> DriverTrials.Outcome {
        do throws(Failure) {
            let driver = try TrialFolder.use { () throws(Failure) in try writeAndRead(choice) }
            return DriverTrials.Outcome(choice: choice.name, driver: driver)
        } catch {
            return DriverTrials.Outcome(choice: choice.name, problem: error.sentence)
        }
    }

    private func writeAndRead(_ choice: DriverChoice) throws(Failure) -> String {
        var trial = configuration
        trial.driver = choice
        trial.image = "\(TrialFolder.path)/vault.img"
        trial.newSize = DriverTrial.imageSize
        trial.bridges = []
        trial.directory = "/"
        trial.isForTrial = true
        let (passphrase, text) = (try randomText(), try randomText())
        _ = try TrialKeeper(trial).unlock(passphrase, ["sh", "-c", "printf %s \"$0\" >~/secrets/trial", text])
        let answer = try TrialKeeper(trial).unlock(passphrase, ["sh", "-c", "cat ~/secrets/trial"])
        guard answer.output.elementsEqual(text.utf8) else {
            throw Failure(.vault, "what was written to the vault was not there when it was opened again; please report this")
        }
        return answer.driver
    }

    private func randomText() throws(Failure) -> String {
        var bytes = [UInt8](repeating: 0, count: 16)
        guard getrandom(&bytes, bytes.count, 0) == bytes.count else { throw Failure(.vault, .last("get random bytes")) }
        return bytes.map { String($0, radix: 16) }.joined()
    }
}

extension DriverTrial {
    /// `tazpod-ghost --try-drivers [NAME…]`: tries those, or what this pod is configured for and every driver that there is, and
    /// writes one answer, as one message, to standard output.
    static func main(_ names: [String]) throws(Failure) {
        let answer = try failing(.vault) { () throws(SystemError) in
            // Nothing that runs from here on may speak in our place.
            let answer = Descriptor(
                owning: try retrying("keep standard output") { clinux_fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) })
            try retrying("redirect standard output") { dup2(STDERR_FILENO, STDOUT_FILENO) }
            return answer
        }
        let reply: Reply
        do throws(Failure) {
            reply = .ok(try tryAll(names).message)
        } catch {
            reply = .error(error)
        }
        try failing(.vault) { () throws(SystemError) in try answer.write(reply.encoded, stage: "say what came of it") }
    }

    private static func tryAll(_ names: [String]) throws(Failure) -> DriverTrials {
        try Hardening.apply()
        let configuration = try GhostConfiguration.current()
        var choices: [DriverChoice] = []
        for name in names { choices.append(try DriverChoice(name)) }
        if names.isEmpty { choices = [.automatic] + DriverName.allCases.map { .named($0) } }
        try TrialFolder.enterOwnNamespace()
        var trials = DriverTrials(configured: configuration.driver.name)
        trials.outcomes = choices.map { DriverTrial(configuration: configuration).run($0) }
        TrialPlace.look(&trials)
        return trials
    }
}

extension DriverChoice {
    /// As config.yaml has it.
    var name: String {
        switch self {
        case .automatic: "auto"
        case .named(let name): name.rawValue
        }
    }
}
