import Contract

/// What came of trying each driver, in words a person can act on.
enum DriverCheck {
    /// - Parameter wanted: What the config says: `auto`, or a driver's name.
    static func findings(_ facts: DriverFacts, wanted: String) -> [Finding] {
        guard case .tried(let trials, let inPod) = facts else {
            guard case .untried(let reason) = facts else { return [] }
            return [.notApplicable("drivers", reason)]
        }
        let used = driver(facts, wanted: wanted)
        var findings = trials.filter { $0.choice != "auto" }.map { finding($0, wanted: wanted, used: used, inPod: inPod) }
        let decides = trials.first { $0.choice == wanted }
        if wanted == "auto", used == nil {
            findings.append(automaticFails(trials))
        } else if decides == nil {
            findings.append(
                .missing("driver \(wanted)", "this version does not have it", next: "write driver: auto under vault:"))
        }
        return findings
    }

    private static func automaticFails(_ trials: [DriverFacts.Trial]) -> Finding {
        let name = "driver auto"
        guard let working = trials.first(where: { $0.choice != "auto" && $0.problem == nil }) else {
            return .missing(name, "no driver works here, so no vault can be opened", next: "make one of them work")
        }
        return .missing(
            name, "it takes one that does not work here", next: "write driver: \(working.choice) under vault: in config.yaml")
    }

    /// What opens the vault; nil when nothing does.
    static func driver(_ facts: DriverFacts, wanted: String) -> String? {
        guard case .tried(let trials, _) = facts else { return nil }
        return trials.first { $0.choice == wanted }?.driver
    }

    private static func finding(_ trial: DriverFacts.Trial, wanted: String, used: String?, inPod: Bool) -> Finding {
        let name = "driver \(trial.choice)"
        guard let problem = trial.problem else {
            let role = trial.choice == used ? (wanted == "auto" ? "; auto takes it" : "; the project asks for it") : ""
            return .ok(name, "a vault was made, written, locked, opened again and read" + role)
        }
        let diagnosis = DriverDiagnosis(trial.choice, problem, trial.place, inPod: inPod)
        if trial.choice == wanted {
            return .missing(name, "\(diagnosis.sentence), and the project asks for it", next: diagnosis.next)
        }
        return Finding(
            name: name, state: .missing, sentence: diagnosis.sentence, next: diagnosis.next,
            instead: used.map { "\($0) is used instead" })
    }
}
