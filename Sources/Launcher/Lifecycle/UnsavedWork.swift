import Contract
import Logging

/// What git knows of a pod's workspace that is nowhere else, to be told of before its volume goes.
struct UnsavedWork: Equatable {
    /// Files that were changed and not committed, commits that no remote has, and stashes.
    var files = 0
    var commits = 0
    var stashes = 0

    /// Prints the three numbers. TazPod's own files are new to most repositories, and no work.
    private static let question = """
        cd \(PodPaths.workspace) && git rev-parse --git-dir >/dev/null || exit 1
        git status --porcelain | grep -cv '^?? \(Project.folder)/'
        git log --format=%h HEAD --branches --not --remotes 2>/dev/null | wc -l
        git stash list | wc -l
        """

    /// - Returns: nil when it cannot be told: the pod does not run, has no git, or no repository.
    static func find(in pod: FoundPod, log: Logger) async -> UnsavedWork? {
        let request = PodCommand(arguments: ["sh", "-c", question], directory: "/")
        guard pod.record.state == .running,
            let answer = try? await pod.provider.command(request, in: pod.record).run(log: log), answer.status == 0
        else { return nil }
        return UnsavedWork(answer: answer.output)
    }

    /// - Parameter answer: Three numbers, from a place where anybody may say anything.
    init?(answer: String) {
        let numbers = answer.split(whereSeparator: \.isWhitespace).map { Int($0) }
        guard numbers.count == 3, let files = numbers[0], let commits = numbers[1], let stashes = numbers[2] else { return nil }
        self.init(files: files, commits: commits, stashes: stashes)
    }

    init(files: Int = 0, commits: Int = 0, stashes: Int = 0) {
        self.files = files
        self.commits = commits
        self.stashes = stashes
    }

    /// What is lost with the volume, in a sentence.
    static func warning(_ work: UnsavedWork?, volume: String) -> String {
        guard let work else {
            return "the workspace is the volume \(volume), which goes too; nobody could look whether all of it is pushed"
        }
        return """
            the workspace is the volume \(volume), which goes too; files not committed: \(work.files), commits not pushed: \
            \(work.commits), stashes: \(work.stashes)
            """
    }
}
