import Contract
import Logging

/// Brings a project's files into the volume that is its workspace on another machine: once, whole. From then on the pod's are what
/// counts.
struct ProjectCopy {
    let project: Project
    let log: Logger

    private static let mark = "\(PodPaths.workspace)/\(Project.folder)/copied"
    /// Fails when either side does.
    private static let script =
        #"set -o pipefail; folder=$1; vault=$2; shift 2; tar -C "$folder" --exclude="$vault" -cf - . | "$@""#

    func bring(into pod: FoundPod) async throws {
        if try await run(["test", "-e", ProjectCopy.mark], in: pod).status == 0 { return }
        log.notice("copying \(project.workspaceDirectory) into the pod's volume")
        // A new volume may be root's, and where the vault is covered in it always is. Everything else is the user's own doing.
        let own =
            "for folder in \(PodPaths.workspace) \(PodPaths.workspace)/\(Project.folder); do [ ! -d $folder ] || chown -h $1: $folder; done"
        let owned = try await pod.provider.command(
            PodCommand(arguments: ["sh", "-c", own, "sh", pod.record.user], isRoot: true, directory: "/"), in: pod.record
        ).run(log: log)
        guard owned.status == 0 else { throw failure(owned) }
        let unpack = "tar -C \(PodPaths.workspace) -xf - && mkdir -p $(dirname \(ProjectCopy.mark)) && touch \(ProjectCopy.mark)"
        let inside = try pod.provider.command(PodCommand(arguments: ["sh", "-c", unpack], directory: "/"), in: pod.record)
        let vault =
            project.vaultDirectory.hasPrefix(project.workspaceDirectory + "/")
            ? "." + project.vaultDirectory.dropFirst(project.workspaceDirectory.count) : ""
        var command = inside
        command.arguments = ["bash", "-c", ProjectCopy.script, "bash", project.workspaceDirectory, vault] + inside.arguments
        let result = try await command.run(log: log)
        if result.status != 0 { throw failure(result) }
    }

    private func failure(_ result: CommandOutput) -> Failure {
        Failure(.provider, "the project could not be copied into the pod (\(result.complaint)); run tazpod up again")
    }

    private func run(_ words: [String], in pod: FoundPod) async throws -> CommandOutput {
        try await pod.provider.command(PodCommand(arguments: words, directory: "/"), in: pod.record).run(log: log)
    }
}
