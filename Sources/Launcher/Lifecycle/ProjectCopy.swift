import CLinux
import Contract
import Linux
import Logging

/// Brings a project's files into the volume that is its workspace: once, whole. From then on the pod's are what counts.
struct ProjectCopy {
    let project: Project
    let log: Logger

    private static let mark = "\(Project.folder)/copied"
    private static let longestComplaint: UInt64 = 1 << 16
    private static let complaintsName = "tazpod-copy"

    func bring(into pod: FoundPod) async throws {
        if try await run(["test", "-e", "\(PodPaths.workspace)/\(ProjectCopy.mark)"], in: pod).status == 0 { return }
        log.notice("copying \(project.workspaceDirectory) into the pod's volume")
        if project.clone != nil, access(project.vaultImage, F_OK) == 0 {
            log.notice("the repository's \(project.config.vault.path) is left out: the pod's vault is in a volume of its own")
        }
        // A new volume may be root's, and where the vault is covered in it always is. Everything else is the user's own doing.
        let own =
            "for folder in \(PodPaths.workspace) \(PodPaths.workspace)/\(Project.folder); do [ ! -d $folder ] || chown -h $1: $folder; done"
        try expectSuccess(try await run(["sh", "-c", own, "sh", pod.record.user], in: pod, isRoot: true))
        try copy(into: pod)
        // Only now: what tar finds at the end of a copy that was broken off may look whole to it.
        let note =
            "cd \(PodPaths.workspace) && mkdir -p \(Project.folder) && touch \(ProjectCopy.mark) && "
            + "{ [ ! -d .git/info ] || echo /\(ProjectCopy.mark) >>.git/info/exclude; }"
        try expectSuccess(try await run(["sh", "-c", note], in: pod))
    }

    /// From one tar into another; both end with us, so that none goes on while the next `up` does it again.
    private func copy(into pod: FoundPod) throws {
        let vault =
            project.vaultDirectory.hasPrefix(project.workspaceDirectory + "/")
            ? "." + project.vaultDirectory.dropFirst(project.workspaceDirectory.count) : ""
        let reader = HostCommand(arguments: ["tar", "-C", project.workspaceDirectory, "--exclude=\(vault)", "-cf", "-", "."])
        let writer = try pod.provider.command(
            PodCommand(arguments: ["tar", "-C", PodPaths.workspace, "-xf", "-"], directory: "/"), in: pod.record)
        for command in [reader, writer] { log.debug("running \(command.description)") }
        let (statuses, complaints) = try failing(.provider) { () throws(SystemError) in
            try ProjectCopy.pipe(reader, writer)
        }
        for status in statuses where status != 0 {
            try expectSuccess(CommandOutput(status: status, output: "", errors: complaints))
        }
    }

    private static func pipe(_ reader: HostCommand, _ writer: HostCommand) throws(SystemError) -> ([Int32], String) {
        let null = try Descriptor.open("/dev/null", O_RDWR, stage: "open /dev/null")
        let complaints = Descriptor(
            owning: try retrying("keep what tar says") { memfd_create(complaintsName, UInt32(MFD_CLOEXEC)) })
        var children: [pid_t] = []
        var statuses: [Int32] = []
        do {
            let pipe = try Pipe()
            children.append(
                try writer.start(input: pipe.reading.raw, output: null.raw, errors: complaints.raw, endsWithUs: true))
            let end = pipe.keepWriting()
            children.append(try reader.start(input: null.raw, output: end.raw, errors: complaints.raw, endsWithUs: true))
        } catch {
            // Without a reader the writer comes to its end.
            for child in children { _ = try? HostCommand.end(of: child) }
            throw error
        }
        for child in children { statuses.append(try HostCommand.end(of: child)) }
        let text = try complaints.read(longestComplaint, at: 0, stage: "hear from tar")
        return (statuses, String(decoding: text, as: UTF8.self))
    }

    private func expectSuccess(_ result: CommandOutput) throws(Failure) {
        if result.status == 0 { return }
        throw Failure(.provider, "the project could not be copied into the pod (\(result.complaint)); run tazpod up again")
    }

    private func run(_ words: [String], in pod: FoundPod, isRoot: Bool = false) async throws -> CommandOutput {
        try await pod.provider.command(PodCommand(arguments: words, isRoot: isRoot, directory: "/"), in: pod.record).run(log: log)
    }
}
