import Contract
import Logging

/// Where the files of a repository go that `up` is given the address of: into a volume where the provider has some, else into the
/// current folder.
struct RepositoryPlace {
    let source: GitSource
    /// The one that its user asks for.
    let provider: ProjectConfig.ProviderName?
    let choice: ProviderChoice
    let log: Logger

    /// Whether it was cloned before.
    func isThere() throws -> Bool {
        try KeptClone(source).isThere || source.isCloned(in: Project.canonical("."), log: log)
    }

    /// The project, as it was cloned before or is cloned now.
    func find() async throws -> Project {
        let here = try Project.canonical(".")
        let clone = KeptClone(source)
        if !clone.isThere {
            if source.isCloned(in: here, log: log) { return try inFolder(source.clone(into: here, log: log)) }
            let likely = try await choice.named(provider ?? .auto)
            if !likely.hasVolumes { return try inFolder(source.clone(into: here, log: log)) }
        }
        let folder = try await PodLock.hold(clone.lockName, log: log) {
            do {
                return clone.isThere ? nil : try await make(clone, orIn: here)
            } catch {
                if !clone.isThere { clone.remove(log: log) }
                throw error
            }
        }
        return try folder.map { try inFolder($0) } ?? Project.find(at: clone.directory)
    }

    /// - Returns: The folder, where the project's own files ask for a provider without volumes.
    private func make(_ clone: KeptClone, orIn here: String) async throws -> String? {
        let new = try clone.clone(log: log)
        try makeProject(in: new)
        let wanted = provider ?? (try? Project.find(at: new))?.config.provider ?? .auto
        if let chosen = try? await choice.named(wanted), !chosen.hasVolumes {
            let folder = "\(here)/\(source.folder)"
            try clone.leave(to: folder, log: log)
            return folder
        }
        try clone.keep()
        return nil
    }

    private func inFolder(_ folder: String) throws -> Project {
        try makeProject(in: folder)
        return try Project.find(at: folder)
    }

    private func makeProject(in directory: String) throws(Failure) {
        if Project.isOne(directory) { return }
        for file in ProjectTemplate(vertical: .base, imageIsNamedBy: ProjectTemplate.imageFile(in: directory)).files {
            _ = try file.write(in: directory)
        }
    }
}
