import ArgumentParser
import Contract
import Linux

/// The pod's end of a terminal that the native provider brings: not for people.
struct TerminalCommand: ParsableCommand, PodVerb {
    static let configuration = CommandConfiguration(
        commandName: "terminal", abstract: "Run a command on a terminal of the pod's own.", shouldDisplay: false)

    @Option(help: "Whose the terminal is.")
    var owner = "root"

    @Argument(parsing: .postTerminator)
    var command: [String] = []

    func runInPod() throws {
        let account = try failing(.provider) { () throws(SystemError) in try Account.find(owner) }
        guard let account, !command.isEmpty else { throw Failure(.usage, "terminal needs a known owner and a command") }
        try PassedStatus.pass(TerminalRelay.start(command, owner: account.uid).run())
    }

    func run() throws {
        throw Failure(.usage, "terminal is a verb of the inside of a pod")
    }
}
