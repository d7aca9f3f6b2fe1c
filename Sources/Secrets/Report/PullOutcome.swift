import Contract
import SecretsPlan

/// What came of one secret.
struct PullOutcome: Equatable {
    enum State: Equatable {
        /// It is new, or changed at its source.
        case pulled
        /// It was the same already.
        case unchanged
        /// It was not asked for now, and is as it was.
        case kept
        /// It was not asked for now, and was never there.
        case missing
        /// What was there is as it was.
        case failed(Failure)

        var word: String {
            switch self {
            case .pulled: "pulled"
            case .unchanged: "unchanged"
            case .kept: "kept"
            case .missing: "missing"
            case .failed: "failed"
            }
        }
    }

    var item: PullItem
    var state: State
    /// Seconds since it was last pulled; nil if it never was.
    var age: Int64?

    /// For a person, where something is wrong: the reason, and what is used instead.
    var complaint: String? {
        guard case .failed(let failure) = state else { return nil }
        let rest = age.map { "; the one pulled \(Age.text($0)) ago stays" } ?? ""
        return "\(item.name): \(failure.sentence)\(rest)"
    }

    static func exitCode(_ outcomes: [PullOutcome]) -> ExitCode {
        for outcome in outcomes {
            if case .failed(let failure) = outcome.state { return failure.code }
        }
        return .done
    }

    /// One line about all of them.
    static func summary(_ outcomes: [PullOutcome]) -> String {
        let words = ["pulled", "unchanged", "kept", "failed"].compactMap { word in
            let count = outcomes.count { $0.state.word == word }
            return count == 0 ? nil : "\(count) \(word)"
        }
        return words.isEmpty ? "secrets.yml names no secret" : "secrets: \(words.joined(separator: ", "))"
    }
}
