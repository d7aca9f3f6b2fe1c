import Contract
import Logging

/// The folder that an engine is given to build from.
///
/// Where the vault lies in a context, the engine gets a copy without it: only a file of the project's own, `.dockerignore`, could keep
/// it out of what the engine reads, and the engine that reads it may be another machine's.
struct BuildContext {
    let path: String
    /// Holds the copy.
    private let folder: TemporaryFolder?

    private static let copySeconds = 600
    /// tar's status when a file changed while it was read, as files of a workspace do.
    private static let changedWhileRead: Int32 = 1

    init(_ recipe: ImageBuild.Recipe, log: Logger) throws(Failure) {
        guard !recipe.excluded.isEmpty else {
            path = recipe.context
            folder = nil
            return
        }
        let copy = try TemporaryFolder()
        let archive = "\(copy.path)/context.tar"
        path = "\(copy.path)/context"
        folder = copy
        let commands = [
            ["tar", "--create", "--file", archive, "--anchored", "--no-wildcards"] + recipe.excluded.map { "--exclude=./\($0)" }
                + ["--directory", recipe.context, "."],
            ["mkdir", "--", path], ["tar", "--extract", "--file", archive, "--directory", path], ["rm", "--", archive],
        ]
        for command in commands {
            let output = try HostCommand(arguments: command).run(seconds: BuildContext.copySeconds, log: log)
            let isDone = output.status == 0 || output.status == BuildContext.changedWhileRead && command.contains("--create")
            if !isDone { throw Failure(.provider, "could not copy \(recipe.context) for the build: \(output.complaint)") }
        }
    }
}
