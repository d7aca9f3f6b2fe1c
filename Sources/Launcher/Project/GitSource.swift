import CLinux
import Contract
import Linux
import Logging

/// A project that somebody else keeps: a git repository, or a pull or merge request of one.
struct GitSource: Equatable {
    /// As its user gave it.
    var address: String
    /// What git clones.
    var repository: String
    /// What git fetches and checks out, where it is not the default branch.
    var reference: String?
    /// The folder it goes to, in the current one.
    var folder: String

    private static let cloneSeconds = 3600

    /// `https://HOST/OWNER/NAME[.git]`, `…/pull/N` (GitHub), `…/-/merge_requests/N` (GitLab), `ssh://…`, `git@HOST:…` or `file://…`.
    init?(_ text: String) {
        let isAddress = ["https://", "http://", "ssh://", "git://", "file://"].contains {
            text.hasPrefix($0) && text.count > $0.count
        }
        let isShort = text.firstIndex(of: ":").map { text[..<$0].contains("@") && !text[..<$0].contains("/") } ?? false
        let isPlain = !text.contains { $0.isWhitespace || $0.isNewline || $0 == "\0" } && !text.hasPrefix("-")
        guard isAddress || isShort, isPlain else { return nil }
        // What a browser adds to a page's address is none of the repository's.
        let address = text.hasPrefix("http") ? text.prefix { $0 != "?" && $0 != "#" } : text[...]
        var parts = address.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        while parts.last == "" { parts.removeLast() }
        self.address = text
        repository = parts.joined(separator: "/")
        folder = GitSource.name(repository)
        for (words, reference, mark) in [
            (["pull"], "pull/%/head", "pull"), (["-", "merge_requests"], "merge-requests/%/head", "merge"),
        ] {
            // What a browser shows of a request below it (…/files, …/commits) is the same request.
            guard let start = parts.indices.last(where: { parts[$0...].starts(with: words) }), start + words.count < parts.count,
                UInt(parts[start + words.count]) != nil
            else { continue }
            let number = parts[start + words.count]
            repository = parts[..<start].joined(separator: "/")
            self.reference = reference.replacing("%", with: number)
            folder = "\(GitSource.name(repository))-\(mark)-\(number)"
        }
        if folder.isEmpty || folder == "." || folder == ".." { return nil }
    }

    private static func name(_ repository: String) -> String {
        let last = String(repository.split { $0 == "/" || $0 == ":" }.last ?? "")
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }

    /// Clones it into its folder, whole or not at all. A folder that is a clone of it already is left as it is.
    ///
    /// - Returns: the folder's path.
    func clone(into directory: String, log: Logger) throws(Failure) -> String {
        let place = "\(directory)/\(folder)"
        if access(place, F_OK) == 0 {
            guard isCloned(in: directory, log: log) else {
                throw Failure(
                    .refused, "\(place) is there already and is no clone of \(repository); move it, or go to another folder")
            }
            return place
        }
        let temporary = "\(place).\(getpid()).part"
        try clone(to: temporary, log: log)
        try move(temporary, to: place)
        return place
    }

    /// Whether its folder in `directory` is a clone of it.
    func isCloned(in directory: String, log: Logger) -> Bool {
        let place = "\(directory)/\(folder)"
        guard access(place, F_OK) == 0 else { return false }
        // `git remote get-url` would give the address that the user's insteadOf makes of it.
        let origin = try? HostCommand(arguments: ["git", "-C", place, "config", "--get", "remote.origin.url"]).run(
            seconds: 30, log: log)
        return origin?.status == 0 && origin?.output == repository + "\n"
    }

    /// Clones it to `place`, which is not there yet; when that fails, it is not there either.
    func clone(to place: String, log: Logger) throws(Failure) {
        log.notice("cloning \(repository)\(reference.map { " (\($0))" } ?? "")")
        do {
            try git(["clone", "--quiet", "--", repository, place], log)
            if let reference {
                // With a name among the remote's, so that nobody takes its commits for unpushed ones.
                let named = "+\(reference):refs/remotes/origin/\(reference)"
                try git(["-C", place, "fetch", "--quiet", "--", "origin", named], log)
                try git(["-C", place, "checkout", "--quiet", "-B", folder, "FETCH_HEAD"], log)
            }
        } catch {
            GitSource.remove(place, log: log)
            throw error
        }
    }

    /// Gives a clone its place, where nothing is yet.
    func move(_ clone: String, to place: String) throws(Failure) {
        try failing(.project) { () throws(SystemError) in
            try retrying("give \(place) its name") { clinux_rename_new(AT_FDCWD, clone, AT_FDCWD, place) }
        }
    }

    static func remove(_ place: String, log: Logger) {
        _ = try? HostCommand(arguments: ["rm", "-rf", "--", place]).run(seconds: cloneSeconds, log: log)
    }

    /// On our terminal, so that git can ask for what it needs, and with its own words.
    private func git(_ arguments: [String], _ log: Logger) throws(Failure) {
        let command = HostCommand(arguments: ["git"] + arguments)
        log.debug("running \(command.description)")
        let status = try failing(.provider, next: "install git") { () throws(SystemError) in
            try HostCommand.end(
                of: command.start(input: STDIN_FILENO, output: STDERR_FILENO, errors: STDERR_FILENO, endsWithUs: true))
        }
        if status != 0 { throw Failure(.provider, "git could not get \(repository) (status \(status)); its own words are above") }
    }
}
