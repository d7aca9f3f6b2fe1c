import CLinux
import Contract
import FoundationEssentials
import Linux

/// A folder with a `.tazpod` in it, or a `devcontainer.json`.
struct Project: Equatable {
    /// Absolute, without symbolic links.
    var directory: String
    var config: ProjectConfig
    var devContainer: DevContainer?
    /// Where its files are in a volume of an engine's, and the folder holds only what the launcher needs of them.
    var clone: KeptClone?
    /// The folder of the vault's image.
    var vaultDirectory: String
    /// The folder that becomes /workspace.
    var workspaceDirectory: String
    /// The folder of its own files.
    var ownDirectory: String

    init(directory: String, config: ProjectConfig, devContainer: DevContainer? = nil) {
        self.directory = directory
        self.config = config
        self.devContainer = devContainer
        vaultDirectory = Project.place(config.vault.path.split(separator: "/").dropLast(), in: directory)
        workspaceDirectory = Project.place(config.workspace.split(separator: "/"), in: directory)
        ownDirectory = Project.place([Substring(Project.folder)], in: directory)
    }

    /// A folder of the project, absolute: without links once it exists, and always without dots that lead nowhere, so that two
    /// of them can be compared.
    private static func place(_ parts: [Substring], in directory: String) -> String {
        let path = ([directory] + parts.filter { $0 != "." }.map { String($0) }).joined(separator: "/")
        return (try? canonical(path)) ?? path
    }

    /// The file that holds the vault.
    var vaultImage: String { "\(vaultDirectory)/\(vaultName)" }

    var vaultName: String { config.vault.path.split(separator: "/").last.map { String($0) } ?? config.vault.path }

    static let folder = ".tazpod"
    static let configFile = ".tazpod/config.yaml"
    /// libyaml's time grows with the square of how deep a document is nested.
    private static let longestConfig = 64 * 1024

    /// The project at `path`, which may be the name of a pod that `up` cloned, or the nearest one above the current folder.
    ///
    /// - Throws: code 3 when there is none, or its files are wrong.
    static func find(at path: String?) throws(Failure) -> Project {
        guard let path else {
            if let project = try nearest() { return project }
            let start = try canonical(".")
            throw Failure(.project, "there is no \(folder) folder in \(start) or above it; run tazpod init in your project")
        }
        if let clone = KeptClone.named(path) { return try load(clone.directory) }
        if path.hasPrefix(podPrefix), access(path, F_OK) != 0 {
            throw Failure(.project, "there is no pod \(path) that tazpod up cloned, and no folder of that name")
        }
        let start = try canonical(path)
        guard isOne(start) else {
            throw Failure(.project, "\(start) has no \(folder) folder; run tazpod init there")
        }
        return try load(start)
    }

    /// The nearest project in or above the current folder, or nil. A `.tazpod` anywhere above comes before a `devcontainer.json`:
    /// a checkout in a project does not become another one.
    static func nearest() throws(Failure) -> Project? {
        let start = try canonical(".")
        for isWanted in [isProject, isDevContainer] {
            if let directory = ancestors(of: start).first(where: isWanted) { return try load(directory) }
        }
        return nil
    }

    /// `path` and the folders above it, up to the root.
    private static func ancestors(of path: String) -> [String] {
        let parts = path.split(separator: "/")
        return (0...parts.count).reversed().map { "/" + parts.prefix($0).joined(separator: "/") }
    }

    static func canonical(_ path: String) throws(Failure) -> String {
        guard let resolved = realpath(path, nil) else {
            throw Failure(.project, SystemError.last("open the folder \(path)"))
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    static func isOne(_ directory: String) -> Bool {
        isProject(directory) || isDevContainer(directory)
    }

    private static func isProject(_ directory: String) -> Bool {
        access("\(directory)/\(folder)", F_OK) == 0
    }

    private static func isDevContainer(_ directory: String) -> Bool {
        !DevContainerLocation.files(in: directory).isEmpty
    }

    private static func load(_ directory: String) throws(Failure) -> Project {
        var project = try read(directory)
        project.clone = KeptClone.at(directory)
        // A pod stays where its files are.
        if let clone = project.clone, !clone.isWhole, let provider = clone.provider { project.config.provider = provider }
        let workspace = project.workspaceDirectory
        guard workspace == directory || workspace.hasPrefix(directory == "/" ? "/" : directory + "/") else {
            throw Failure(
                .project,
                "\(configFile): workspace: \(project.config.workspace) leads out of the project, to \(workspace); name a folder in it"
            )
        }
        return project
    }

    private static func read(_ directory: String) throws(Failure) -> Project {
        let file = "\(directory)/\(configFile)"
        let name = directory.split(separator: "/").last.map { String($0) } ?? "project"
        var text: [UInt8] = []
        if access(file, F_OK) == 0 {
            text = try failing(.project) { () throws(SystemError) in
                try readFile(file, limit: longestConfig, stage: "read \(file)")
            }
        }
        let choice = try ConfigFile.devContainerChoice(text, file: file)
        let devContainer = try DevContainerLocation.read(in: directory, choice: choice)
        let paude = devContainer == nil ? try PaudeFile.read(in: directory) : nil
        let config = try ConfigFile.parse(text, file: file, folder: name) {
            devContainer?.apply(to: &$0)
            paude?.apply(to: &$0)
        }
        return Project(
            directory: directory, config: config.withoutMissingBuild(in: directory),
            devContainer: devContainer ?? paude?.container)
    }

    /// The name of everything that is made for this project: the same for the same folder, different for two checkouts.
    var podName: String {
        "\(Project.podPrefix)\(config.name)-\(Project.mark(of: directory))"
    }

    static let podPrefix = "tazpod-"

    static func mark(of directory: String) -> String { String(StableHash.hexadecimal(directory.utf8).prefix(10)) }
}
