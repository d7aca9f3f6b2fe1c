import Contract
import Logging

/// Has the drivers tried where the pod's vault would be opened: in the pod, or in a place like it that goes again.
struct DriverProbe {
    let log: Logger

    /// More than a trial takes that gives up by itself.
    private static let seconds = 90

    /// In the pod that runs, which was made by the same plan.
    func tryInPod(_ pod: FoundPod) throws(Failure) -> DriverFacts {
        let command: HostCommand
        do {
            command = try pod.guest(["doctor", "--raw"], interactive: false)
        } catch {
            throw error as? Failure ?? Failure(.provider, "the pod \(pod.record.name) cannot be asked")
        }
        let trials = try DriverProbe.read(try command.run(seconds: DriverProbe.seconds, log: log))
        return DriverProbe.facts(trials)
    }

    /// In a pod of its own for each driver, since each asks for other devices.
    func tryApart(_ project: Project, on provider: any Provider) -> DriverFacts {
        var trials: [DriverFacts.Trial] = []
        for driver in ProjectConfig.VaultDriver.allCases {
            var project = project
            project.config.vault.driver = driver
            guard let plan = try? PodPlanner.plan(project) else { continue }
            trials.append(trial(of: driver.rawValue, plan.withoutProject, on: provider))
        }
        return .tried(trials, inPod: false)
    }

    private func trial(of driver: String, _ plan: PodPlan, on provider: any Provider) -> DriverFacts.Trial {
        do {
            let trial = try provider.trial(of: plan, ["--try-drivers", driver])
            let output = try trial.command.run(seconds: DriverProbe.seconds, inputs: trial.inputs, log: log)
            let trials = try DriverProbe.read(output)
            let outcome = trials.outcomes.first
            return DriverFacts.Trial(choice: driver, driver: outcome?.driver, problem: outcome?.problem, place: trials)
        } catch {
            let sentence = (error as? Failure)?.sentence ?? "it could not be tried"
            return DriverFacts.Trial(choice: driver, problem: sentence)
        }
    }

    /// What a trial printed.
    static func read(_ output: CommandOutput) throws(Failure) -> DriverTrials {
        // From inside a pod it comes as a line.
        let text = output.output.hasSuffix("\n") ? output.output.dropLast() : output.output[...]
        switch Reply(parsing: Array(text.utf8)) {
        case .ok(let message):
            if let trials = DriverTrials(message) { return trials }
        case .error(let failure): throw failure
        case nil: break
        }
        throw Failure(.provider, "no place to try it in could be made (\(output.complaint))")
    }

    /// From inside a pod.
    static func facts(_ trials: DriverTrials) -> DriverFacts {
        .tried(
            trials.outcomes.map {
                DriverFacts.Trial(choice: $0.choice, driver: $0.driver, problem: $0.problem, place: trials)
            }, inPod: true)
    }
}
