import CLinux
import Contract
import FoundationEssentials
import Linux

/// What this machine keeps of a repository that `up` cloned into a volume of an engine's.
///
/// A folder of its own, with the user's state, that no pod sees: `clones/HASH/NAME`, which is whole, as git cloned it, until its files
/// are in the volume, and from then on holds only what the launcher reads (`Project.launcherFiles`). Whether there is a `.git` in it tells
/// which: one exchange of names leads from the one to the other. Beside it a record says what was cloned, and where the volume is.
struct KeptClone: Equatable {
    let source: GitSource
    /// All that is kept of it.
    let place: String
    /// The engine that has its volume, once one has.
    var provider: ProjectConfig.ProviderName?

    private struct Record: Codable {
        var address: String
        var provider: String?
    }

    private static let longestRecord = 64 * 1024

    /// Where all of them are.
    static var folder: String {
        let path = NativeStore.usersRoot(environmentValue, uid: getuid()) + "/clones"
        return (try? Project.canonical(path)) ?? path
    }

    /// What is, or would be, kept of `source`: of the same request there is one, whatever is below it in the address.
    init(_ source: GitSource) {
        let words = "\(source.repository) \(source.reference ?? "")"
        self.init(source, place: "\(KeptClone.folder)/\(StableHash.hexadecimal(words.utf8))")
    }

    private init(_ source: GitSource, place: String) {
        self.source = source
        self.place = place
        provider = KeptClone.record(in: place)?.provider.flatMap { ProjectConfig.ProviderName(rawValue: $0) }
    }

    /// The project's folder.
    var directory: String { "\(place)/\(source.folder)" }

    var isThere: Bool { access(directory, F_OK) == 0 }

    /// Whether its files are here, and not only in the volume.
    var isWhole: Bool { access("\(directory)/.git", F_OK) == 0 }

    /// What keeps two of us apart who clone it.
    var lockName: String { "clone-\(place.split(separator: "/").last ?? "")" }

    /// A name for what is being made, or removed. What a killed launcher left of it is swept away by the next.
    var temporary: String { "\(place)/.\(source.folder).\(getpid()).part" }

    // -- finding -----------------------------------------------------------------------------------------------------------

    /// The one whose project's folder is `directory`.
    static func at(_ directory: String) -> KeptClone? {
        let place = directory.split(separator: "/").dropLast().map { "/\($0)" }.joined()
        guard place.hasPrefix(folder + "/"), let clone = kept(in: place), clone.directory == directory else { return nil }
        return clone
    }

    /// The one whose pod is called `name`, which ends in a mark of the project's folder.
    static func named(_ name: String) -> KeptClone? {
        guard name.hasPrefix(Project.podPrefix), !name.contains("/") else { return nil }
        let places = (namesInFolder(folder) ?? []).map { "\(folder)/\(String(decoding: $0, as: UTF8.self))" }
        return places.lazy.compactMap { kept(in: $0) }.first { clone in
            clone.isThere && name.hasSuffix("-" + Project.mark(of: clone.directory))
        }
    }

    private static func kept(in place: String) -> KeptClone? {
        record(in: place).flatMap { GitSource($0.address) }.map { KeptClone($0, place: place) }
    }

    private static func record(in place: String) -> Record? {
        guard let bytes = try? readFile("\(place)/record.json", limit: longestRecord, stage: "read a clone's record") else {
            return nil
        }
        return try? JSONDecoder().decode(Record.self, from: Data(bytes))
    }

    // -- the record --------------------------------------------------------------------------------------------------------

    /// Makes its place, with a record.
    func makePlace() throws(Failure) {
        if KeptClone.record(in: place) == nil { try write(Record(address: source.address)) }
    }

    /// Notes, before it is made, which engine has the volume.
    func note(provider: String) throws(Failure) {
        if self.provider?.rawValue != provider { try write(Record(address: source.address, provider: provider)) }
    }

    private func write(_ record: Record) throws(Failure) {
        let text = (try? JSONEncoder().encode(record)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        try HostConsent.write(text, to: "\(place)/record.json")
    }
}

extension Project {
    /// What the launcher reads of a project, by the name at its top.
    var launcherFiles: [String] {
        let build = config.build.map { [$0.dockerfile] } ?? []
        let features = (devContainer?.features ?? []).map { $0.reference }.filter { $0.hasPrefix("./") }
        let paths = [Project.folder, ".devcontainer", ".devcontainer.json", PaudeFile.name] + build + features
        let chosen = devContainer.map { [$0.file] } ?? []
        let names = (paths + chosen).compactMap { $0.split(separator: "/").first { $0 != "." } }
        return Set(names.map { String($0) }).sorted()
    }
}
