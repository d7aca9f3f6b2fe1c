import CLinux
import Contract
import Linux
import Logging

/// A project that somebody else keeps: a git repository, or a pull or merge request of one.
struct GitSource: Equatable {
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
            // `git remote get-url` would give the address that the user's insteadOf makes of it.
            let origin = try HostCommand(arguments: ["git", "-C", place, "config", "--get", "remote.origin.url"]).run(
                seconds: 30, log: log)
            guard origin.status == 0, origin.output == repository + "\n" else {
                throw Failure(
                    .refused, "\(place) is there already and is no clone of \(repository); move it, or go to another folder")
            }
            return place
        }
        log.notice("cloning \(repository)\(reference.map { " (\($0))" } ?? "") into \(folder)")
        let temporary = "\(place).\(getpid()).part"
        do {
            try git(["clone", "--quiet", "--", repository, temporary], log)
            if let reference {
                try git(["-C", temporary, "fetch", "--quiet", "--", "origin", reference], log)
                try git(["-C", temporary, "checkout", "--quiet", "-B", folder, "FETCH_HEAD"], log)
            }
        } catch {
            _ = try? HostCommand(arguments: ["rm", "-rf", "--", temporary]).run(seconds: GitSource.cloneSeconds, log: log)
            throw error
        }
        try failing(.project) { () throws(SystemError) in
            try retrying("give \(place) its name") { clinux_rename_new(AT_FDCWD, temporary, AT_FDCWD, place) }
        }
        return place
    }

    /// On our terminal, so that git can ask for what it needs, and with its own words.
    private func git(_ arguments: [String], _ log: Logger) throws(Failure) {
        let command = HostCommand(arguments: ["git"] + arguments)
        log.debug("running \(command.description)")
        let status = try failing(.provider, next: "install git") { () throws(SystemError) in
            try HostCommand.end(of: command.start(input: STDIN_FILENO, output: STDERR_FILENO, errors: STDERR_FILENO))
        }
        if status != 0 { throw Failure(.provider, "git could not get \(repository) (status \(status)); its own words are above") }
    }
}
