import ArgumentParser
import CLinux
import Contract
import Linux

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a folder a project: write .tazpod/config.yaml.",
        discussion: "Nothing that is there is overwritten.\n\nExample: tazpod init")

    @Argument(help: "The image to begin with: base, infisical, k8s or gemini.")
    var vertical = ProjectTemplate.Vertical.base

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let directory = try Project.canonical(options.project ?? ".")
        var written: [String] = []
        for file in ProjectTemplate(vertical: vertical).files {
            if try write(file.text, to: "\(directory)/\(file.path)") { written.append(file.path) }
        }
        if written.isEmpty {
            options.log.notice("everything is there already; nothing was changed")
        } else {
            options.log.notice("wrote \(written.joined(separator: ", ")); run tazpod up")
        }
    }

    /// - Returns: false when the file is there already.
    private func write(_ text: String, to path: String) throws -> Bool {
        try failing(.project) { () throws(SystemError) in
            let folder = String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex))
            if mkdir(folder, 0o755) != 0, clinux_errno() != EEXIST { throw SystemError.last("make \(folder)") }
            let raw = clinux_open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            if raw < 0, clinux_errno() == EEXIST { return false }
            guard raw >= 0 else { throw SystemError.last("write \(path)") }
            try Descriptor(owning: raw).write(text, stage: "write \(path)")
            return true
        }
    }
}
