import CLinux
import Contract
import Linux
import Logging

/// Runs lifecycle commands, on the host and in a pod, and stops at the first that fails.
struct LifecycleRunner {
    let project: Project
    let log: Logger

    private var folder: String { project.devContainer?.workspaceFolder ?? PodPaths.workspace }

    /// `initializeCommand`, on the host, in the project's folder.
    func initialize() throws(Failure) {
        guard let command = project.devContainer?.command(.initialize) else { return }
        let commands = command.parts.map { HostCommand(arguments: $0.words) }
        try expectSuccess(command, try run(command, commands, directory: project.directory), next: "nothing was started")
    }

    /// What is left to be run since the pod was made, and since it started.
    func start(_ pod: FoundPod) async throws {
        let commands = project.devContainer?.commands ?? []
        guard commands.contains(where: { LifecycleStage.ofStart.contains($0.stage) }) else { return }
        let answer = try await pod.provider.command(PodCommand(arguments: LifecyclePlan.question, directory: "/"), in: pod.record)
            .run(log: log)
        guard answer.status == 0 else {
            throw Failure(.provider, "the pod \(pod.record.name) does not answer: \(answer.complaint)")
        }
        let plan = LifecyclePlan(answer: answer.output)
        for command in plan.remaining(of: commands) {
            try expectSuccess(command, try run(command, in: pod), next: "the pod runs; mend the command and run tazpod up again")
            let noting = PodCommand(arguments: plan.noting(command.stage), directory: "/")
            _ = try await pod.provider.command(noting, in: pod.record).run(log: log)
        }
    }

    /// `postAttachCommand`: its failure keeps nobody out, who comes perhaps to mend it.
    func attach(_ pod: FoundPod) throws {
        guard let command = project.devContainer?.command(.postAttach) else { return }
        for status in try run(command, in: pod) where status != 0 {
            log.notice("\(command.stage.rawValue) failed with status \(status)")
        }
    }

    private func run(_ command: LifecycleCommand, in pod: FoundPod) throws -> [Int32] {
        let environment = pod.record.environment
        let commands = try command.parts.map { part in
            let words = part.words.map { DevContainerVariables.expandContainer($0, environment: environment) }
            return try pod.provider.command(PodCommand(arguments: words, directory: folder), in: pod.record)
        }
        return try run(command, commands, directory: nil)
    }

    /// All parts side by side, with their output on our standard error.
    private func run(_ command: LifecycleCommand, _ commands: [HostCommand], directory: String?) throws(Failure) -> [Int32] {
        for part in command.parts { log.notice("\(command.title(part)): \(part.line)") }
        for command in commands { log.debug("running \(command.description)") }
        return try failing(.provider) { () throws(SystemError) in
            let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
            let output = log.logLevel > .notice ? null.raw : STDERR_FILENO
            var children: [pid_t] = []
            defer { for child in children { _ = try? HostCommand.end(of: child) } }
            for command in commands {
                children.append(try command.start(input: null.raw, output: output, errors: STDERR_FILENO, directory: directory))
            }
            var statuses: [Int32] = []
            while !children.isEmpty { statuses.append(try HostCommand.end(of: children.removeFirst())) }
            return statuses
        }
    }

    private func expectSuccess(_ command: LifecycleCommand, _ statuses: [Int32], next: String) throws(Failure) {
        for (part, status) in zip(command.parts, statuses) where status != 0 {
            throw Failure(.project, "\(command.title(part)) failed with status \(status), so nothing after it was run; \(next)")
        }
    }
}

extension LifecycleCommand {
    fileprivate func title(_ part: Part) -> String {
        part.name.map { "\(stage.rawValue) (\($0))" } ?? stage.rawValue
    }
}

extension LifecycleCommand.Part {
    /// As it is written in the file.
    var line: String {
        words.count == 3 && words.starts(with: ["/bin/sh", "-c"]) ? words[2] : HostCommand(arguments: words).description
    }
}
