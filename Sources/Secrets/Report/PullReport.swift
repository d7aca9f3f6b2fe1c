import Contract

/// Tells what a pull did: names, places and ages, and never a value.
struct PullReport {
    let outcomes: [PullOutcome]
    /// What this pull did not ask for.
    let others: [PullOutcome]
    let options: SecretsOptions

    func print() {
        for outcome in outcomes {
            if let complaint = outcome.complaint { Output.complain(complaint) }
        }
        if !options.isQuiet { Output.complain(PullOutcome.summary(outcomes)) }
    }
}
