/// Whether the pod can run where it was asked to run, and what the other places are.
enum ProviderCheck {
    static func findings(_ facts: DoctorFacts) -> [Finding] {
        var findings = [
            engine(.docker, facts.docker, docker, facts), engine(.podman, facts.podman, podman, facts), native(facts),
        ]
        if facts.wanted == .kubernetes {
            findings.append(
                .missing(
                    "provider kubernetes", facts.missingProviders[.kubernetes] ?? "not checked", next: nil))
        }
        return findings
    }

    /// What to do about an engine that is not as it should be.
    private struct Advice {
        var package: String
        var failed: String
        var silent: String
    }

    private static let docker = Advice(
        package: "docker.io", failed: "start it (sudo systemctl start docker), or write provider: native",
        silent: "restart it (sudo systemctl restart docker), or correct DOCKER_HOST or its context")
    private static let podman = Advice(
        package: "podman", failed: "podman info says more; mend it, or write provider: native",
        silent: "see what podman info waits for, or correct CONTAINER_HOST or its connection")

    private static func engine(
        _ provider: ProjectConfig.ProviderName, _ answer: EngineAnswer, _ advice: Advice, _ facts: DoctorFacts
    ) -> Finding {
        let command = provider.rawValue
        let name = "provider \(command)"
        let isChosen = facts.chosen == provider
        if isChosen, let problem = facts.missingProviders[provider] { return .missing(name, problem, next: nil) }
        let instead = isChosen ? "" : "; \(facts.chosen.rawValue) is used"
        switch answer {
        case .notInstalled:
            let sentence = "there is no \(command) on this machine"
            return isChosen
                ? .missing(name, sentence, next: "sudo apt-get install \(advice.package)")
                : .notApplicable(name, sentence + instead)
        case .failed(let complaint):
            let sentence = "\(command) does not answer (\(complaint))"
            return isChosen
                ? .missing(name, sentence, next: advice.failed)
                : .notApplicable(name, sentence + instead)
        case .silent(let seconds):
            let sentence = "\(command) is there and gave no answer within \(seconds) seconds"
            // Every verb looks for the pod on docker too, and would wait as long as that takes.
            return isChosen || provider == .docker
                ? .missing(name, sentence, next: advice.silent) : .notApplicable(name, sentence + instead)
        case .installed(let version): return .notApplicable(name, "\(command) \(version) is installed" + instead)
        case .answers(let engine):
            let sentence = "\(command) \(engine.version) answers" + (engine.isRootless ? ", rootless" : "")
            if isChosen { return .ok(name, sentence) }
            return .notApplicable(name, sentence + instead)
        }
    }

    private static func native(_ facts: DoctorFacts) -> Finding {
        let name = "provider native"
        guard facts.chosen == .native else { return .notApplicable(name, "\(facts.chosen.rawValue) is used") }
        if !facts.native.missingPrograms.isEmpty {
            return missing(facts.native.missingPrograms, name, "without it no pod can be built")
        }
        return .ok(name, "runs pods with \(facts.native.bubblewrap ?? "bubblewrap"), as \(facts.host.user)")
    }

    /// Programs that are not there, and the packages to install.
    static func missing(_ programs: [NativeFacts.MissingProgram], _ name: String, _ effect: String) -> Finding {
        let packages = programs.reduce(into: [String]()) { if !$0.contains($1.package) { $0.append($1.package) } }
        return .missing(
            name, "there is no \(programs.map { $0.name }.joined(separator: ", no ")) on this machine, and \(effect)",
            next: "sudo apt-get install \(packages.joined(separator: " "))")
    }
}
