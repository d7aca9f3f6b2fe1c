import Contract
import FoundationEssentials
import Logging

/// Runs pods with docker's own command line, so that contexts, credentials and DOCKER_HOST work as set up.
struct DockerProvider: Provider {
    let name = "docker"
    let programFolder = "/usr/local/bin"
    let log: Logger

    /// Long enough for a vault in memory to be saved, and a stubborn process to be killed.
    private static let stopSeconds = 150

    /// Whether a daemon answers.
    func answers() async -> Bool {
        guard let result = try? await docker(["version", "--format", "{{.Server.Version}}"]) else { return false }
        return result.status == 0
    }

    func rendering(of plan: PodPlan) -> String {
        HostCommand(arguments: ["docker"] + DockerArguments.run(plan, majors: KernelDevices.blockMajors())).description
    }

    func start(_ plan: PodPlan, existing: PodRecord?) async throws -> PodRecord {
        if var record = existing {
            if record.state == .stopped { try await expectSuccess(docker(["start", plan.name]), "start the pod") }
            record.state = .running
            return record
        }
        let result = try await docker(DockerArguments.run(plan, majors: KernelDevices.blockMajors()))
        if result.status == 0 {
            return PodRecord(
                name: plan.name, project: plan.project, directory: plan.directory, provider: name, state: .running,
                planDigest: plan.digest, user: plan.workspace.user, environment: plan.userEnvironment)
        }
        if result.errors.contains("No such image") || result.errors.contains("Unable to find image") {
            throw Failure(
                .provider, "docker has no image \(plan.workspace.image); build it with make images, or name another under image:")
        }
        // A container that could not start is left behind by docker.
        _ = try? await docker(["rm", "--force", plan.name])
        throw Failure(.provider, "docker could not start the pod: \(result.complaint)")
    }

    func remove(_ podName: String) async throws {
        let stopped = try await docker(["stop", "--time", String(DockerProvider.stopSeconds), podName])
        if stopped.status != 0, try await find(podName) == nil { return }
        try await expectSuccess(docker(["rm", "--force", "--volumes", podName]), "remove the pod")
    }

    func find(_ podName: String) async throws -> PodRecord? {
        let result = try await docker(["container", "inspect", "--format", DockerRecord.inspectFormat, podName])
        guard result.status == 0 else {
            if result.errors.contains("No such container") { return nil }
            throw Failure(.provider, "docker does not answer (\(result.complaint)); start its daemon, or choose another provider")
        }
        return try DockerRecord.parse(result.output).first
    }

    func list() async throws -> [PodRecord] {
        let format = "{{json .Names}}"
        let result = try await docker(["ps", "--all", "--filter", "label=\(DockerArguments.projectLabel)", "--format", format])
        guard result.status == 0 else { throw Failure(.provider, "docker does not answer: \(result.complaint)") }
        let names = result.output.split(separator: "\n").map { $0.trimmingPrefix("\"").prefix { $0 != "\"" } }.map { String($0) }
        if names.isEmpty { return [] }
        let details = try await docker(["container", "inspect", "--format", DockerRecord.inspectFormat] + names)
        return try DockerRecord.parse(details.output)
    }

    func command(_ request: PodCommand, in record: PodRecord) throws -> HostCommand {
        var arguments = ["docker", "exec", "--interactive"]
        if request.isInteractive { arguments.append("--tty") }
        arguments += ["--user", request.isRoot ? "0" : record.user]
        if let directory = request.directory { arguments += ["--workdir", directory] }
        // By name only: docker takes the values from its own environment.
        for name in request.environment.keys.sorted() { arguments += ["--env", name] }
        return HostCommand(
            arguments: arguments + [record.name] + UserEnvironment.command(request, in: record), environment: request.environment)
    }

    func trial(of plan: PodPlan, _ arguments: [String]) -> TrialCommand {
        let command = ["\(programFolder)/tazpod-ghost"] + arguments
        return TrialCommand(
            command: HostCommand(
                arguments: ["docker"] + DockerArguments.trial(plan, command, majors: KernelDevices.blockMajors())))
    }

    func logs(of record: PodRecord, follow: Bool) throws -> HostCommand {
        HostCommand(arguments: ["docker", "logs"] + (follow ? ["--follow"] : []) + [record.name])
    }

    private func docker(_ arguments: [String]) async throws -> CommandOutput {
        try await HostCommand(arguments: ["docker"] + arguments).run(log: log)
    }

    private func expectSuccess(_ result: CommandOutput, _ what: String) throws {
        if result.status != 0 { throw Failure(.provider, "docker could not \(what): \(result.complaint)") }
    }
}
