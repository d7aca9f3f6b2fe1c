import ArgumentParser

struct InitCommand: AsyncVerb {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a folder a project: write .tazpod/config.yaml.",
        discussion: "Nothing that is there is overwritten.\n\nExample: tazpod init")

    @Argument(help: "The image to begin with: base, infisical, k8s or gemini.")
    var vertical = ProjectTemplate.Vertical.base

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let directory = try Project.canonical(options.project ?? ".")
        var written: [String] = []
        for file in ProjectTemplate(vertical: vertical, imageIsNamedBy: ProjectTemplate.imageFile(in: directory)).files {
            if try file.write(in: directory) { written.append(file.path) }
        }
        if written.isEmpty {
            options.log.notice("everything is there already; nothing was changed")
        } else {
            options.log.notice("wrote \(written.joined(separator: ", ")); run tazpod up")
        }
    }
}
