import CLinux
import Contract
import FoundationEssentials
import Linux

/// Where a project keeps its `devcontainer.json`.
enum DevContainerLocation {
    private static let name = "devcontainer.json"
    private static let longestFile = 256 * 1024

    /// The files there are, relative to the project, in the specification's order: one of the first two is the one; of several in
    /// folders of their own somebody has to choose.
    static func files(in directory: String) -> [String] {
        for path in [".devcontainer/\(name)", ".\(name)"] where access("\(directory)/\(path)", F_OK) == 0 { return [path] }
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: "\(directory)/.devcontainer")) ?? []
        return folders.sorted().map { ".devcontainer/\($0)/\(name)" }.filter { access("\(directory)/\($0)", F_OK) == 0 }
    }

    /// What the project's file says; nil without one.
    static func read(in directory: String, choice: DevContainerChoice) throws(Failure) -> DevContainer? {
        guard choice.isWanted else { return nil }
        let found = files(in: directory)
        guard let file = choice.file ?? found.first else { return nil }
        if choice.file == nil, found.count > 1 {
            throw Failure(
                .project,
                "there is more than one devcontainer.json (\(found.joined(separator: ", "))); name one under devcontainer: {file: …} in \(Project.configFile)"
            )
        }
        let path = "\(directory)/\(file)"
        let text = try failing(.project) { () throws(SystemError) in
            try readFile(path, limit: longestFile, stage: "read \(path)")
        }
        var result = try DevContainerFile.parse(
            text, path: path, project: directory, localEnvironment: ProcessInfo.processInfo.environment, ignored: choice.ignored)
        try result.resolveMounts(project: directory)
        return result
    }
}
