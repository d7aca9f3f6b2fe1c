import ArgumentParser
import Contract
import Logging

/// Options that every verb has.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The project's folder, or a cloned pod's name, instead of the nearest folder with a .tazpod in it.",
            valueName: "dir"))
    var project: String?

    @Flag(help: "Print state as JSON.")
    var json = false

    @Flag(help: "Also print the commands that are run.")
    var verbose = false

    @Flag(help: "Print errors only.")
    var quiet = false

    func validate() throws {
        if verbose && quiet { throw ValidationError("--verbose and --quiet contradict each other; give one of them") }
    }

    var log: Logger {
        let level: Logger.Level = verbose ? .debug : quiet ? .error : .notice
        return Logger(label: "tazpod") { _ in ConsoleLogHandler(logLevel: level) }
    }

    func findProject() throws(Failure) -> Project {
        try Project.find(at: project)
    }

    /// The running pod of the project.
    ///
    /// - Throws: code 4 when it does not run.
    func findRunningPod() async throws -> FoundPod {
        try await findRunningPod(of: findProject())
    }

    func findRunningPod(of project: Project) async throws -> FoundPod {
        guard let pod = try await ProviderChoice(log: log).findPod(of: project), pod.record.state == .running else {
            throw Failure(.provider, "the pod of \(project.config.name) is not running; run tazpod up")
        }
        return pod
    }
}
