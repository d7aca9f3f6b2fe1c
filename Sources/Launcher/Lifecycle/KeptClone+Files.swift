import CLinux
import Contract
import Linux
import Logging

/// How a clone comes, goes into its volume, and comes again. Every step ends in one change of a name: whoever is killed leaves what was
/// before, and parts that the next one sweeps away.
extension KeptClone {
    private static let copySeconds = 3600

    /// Clones it, whole, into a temporary place.
    func clone(log: Logger) throws(Failure) -> String {
        try makePlace()
        sweep(KeptClone.folder, log: log)
        sweep(place, log: log)
        try source.clone(to: temporary, log: log)
        return temporary
    }

    /// Keeps what `clone` made.
    func keep() throws(Failure) {
        try source.move(temporary, to: directory)
    }

    /// Gives away what `clone` made, perhaps to another disk, and forgets it.
    func leave(to folder: String, log: Logger) throws(Failure) {
        let near = "\(folder).\(getpid()).part"
        try run(["mv", "-T", "--", temporary, near], log)
        try source.move(near, to: folder)
        remove(log: log)
    }

    /// Takes away all that the launcher does not read, now that it is in the volume.
    func strip(_ project: Project, log: Logger) throws(Failure) {
        // Whoever was killed right after the exchange left what it took away.
        sweep(place, log: log)
        guard isWhole else { return }
        let kept = project.launcherFiles.filter { access("\(directory)/\($0)", F_OK) == 0 }
        try run(["mkdir", "--", temporary], log)
        for name in kept { try run(["cp", "-a", "--", "\(directory)/\(name)", "\(temporary)/"], log) }
        try exchange()
        sweep(place, log: log)
    }

    /// Clones what was stripped again: to build the image, or because the volume is gone. What is kept here is kept: its user may have
    /// changed it.
    func restore(log: Logger) throws(Failure) {
        let new = try clone(log: log)
        try run(["cp", "-a", "--", "\(directory)/.", "\(new)/"], log)
        try exchange()
        sweep(place, log: log)
    }

    /// Forgets it.
    func remove(log: Logger) {
        let gone = "\(place).\(getpid()).part"
        if rename(place, gone) == 0 { GitSource.remove(gone, log: log) }
    }

    private func exchange() throws(Failure) {
        try failing(.project) { () throws(SystemError) in
            try retrying("give \(directory) its name") { clinux_rename_exchange(temporary, directory) }
        }
    }

    private func sweep(_ folder: String, log: Logger) {
        for name in (namesInFolder(folder) ?? []).map({ String(decoding: $0, as: UTF8.self) }) where name.hasSuffix(".part") {
            GitSource.remove("\(folder)/\(name)", log: log)
        }
    }

    private func run(_ words: [String], _ log: Logger) throws(Failure) {
        let result = try HostCommand(arguments: words).run(seconds: KeptClone.copySeconds, log: log)
        if result.status != 0 { throw Failure(.project, "\(place) could not be changed: \(result.complaint)") }
    }
}
