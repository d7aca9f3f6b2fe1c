import CLinux
import Contract
import Linux

/// Tells what a pull did: names, places and ages, and never a value.
struct PullReport {
    let outcomes: [PullOutcome]
    /// What this pull did not ask for.
    let others: [PullOutcome]
    let options: SecretsOptions

    func print() throws(Failure) {
        for outcome in outcomes {
            if let complaint = outcome.complaint { Output.complain(complaint) }
        }
        if options.isJSON {
            // What the host gives comes next, and its report has all of it.
            if !options.hostFollows { try printJSON() }
        } else if !options.isQuiet && !(outcomes.isEmpty && (options.hostFollows || options.isWithoutHost)) {
            Output.complain(PullOutcome.summary(outcomes))
        }
    }

    private func printJSON() throws(Failure) {
        let text = try JSONInput.object([("secrets", .array((outcomes + others).map { $0.json }))]).encoded()
        Output.printText(text.withBytes { String(decoding: $0, as: UTF8.self) } + "\n")
    }
}

extension PullOutcome {
    /// Scripts read it: members are added, never changed.
    fileprivate var json: JSONInput {
        var members: [(String, JSONInput)] = [
            ("name", .text(item.name)), ("source", .text(item.source.rawValue)), ("state", .text(state.word)),
        ]
        if let file = item.file { members.append(("file", .text(file))) }
        if let variable = item.variable { members.append(("env", .text(variable))) }
        if let age { members.append(("age", .integer(age))) }
        if case .failed(let failure) = state { members.append(("error", .text(failure.sentence))) }
        return .object(members)
    }
}
