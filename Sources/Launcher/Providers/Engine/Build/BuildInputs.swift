import CLinux
import Contract
import FoundationEssentials
import Linux

/// What an image is made of, as a short mark that changes when any of it does.
///
/// A file counts by its name, size, mode and time, as make(1) has it: a context may hold more than one wants to read. Should the
/// mark change for nothing, the engine's own cache finds that all layers are there.
enum BuildInputs {
    /// - Throws: code 3 for a Dockerfile or a folder that is not there.
    static func digest(_ build: ImageBuild) throws(Failure) -> String {
        var text = encoded(build)
        if let recipe = build.recipe {
            let content = try failing(.project, next: "write it, or name another under build:") { () throws(SystemError) in
                try readFile(recipe.dockerfile, stage: "read \(recipe.dockerfile)")
            }
            text += String(decoding: content, as: UTF8.self)
            text += try tree(recipe.context, without: recipe.excluded)
        }
        for feature in build.features {
            guard case .folder(let path)? = FeatureReference(feature.reference) else { continue }
            text += try tree("\(build.directory)/\(path)", without: [])
        }
        return StableHash.hexadecimal(text.utf8)
    }

    static func digest(ofFolder folder: String) throws(Failure) -> String {
        StableHash.hexadecimal(try tree(folder, without: []).utf8)
    }

    private static func encoded(_ build: ImageBuild) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        // A plain value of strings always encodes.
        return (try? encoder.encode(build)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func tree(_ folder: String, without excluded: [String]) throws(Failure) -> String {
        var lines: [String] = []
        var pending = [""]
        while let path = pending.popLast() {
            let place = path.isEmpty ? folder : "\(folder)/\(path)"
            var status = stat()
            guard lstat(place, &status) == 0 else {
                if path.isEmpty { throw Failure(.project, "there is no folder \(folder), which the image is to be made of") }
                // It went while we looked.
                continue
            }
            let time = status.st_mtim
            if status.st_mode & mode_t(S_IFMT) == mode_t(S_IFDIR) {
                lines.append("\(path) \(status.st_mode)")
                let names = (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
                pending += names.map { path.isEmpty ? $0 : "\(path)/\($0)" }.filter { !excluded.contains($0) }
            } else {
                lines.append("\(path) \(status.st_mode) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)")
            }
        }
        return lines.sorted().joined(separator: "\n")
    }
}
