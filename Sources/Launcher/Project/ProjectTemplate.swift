import ArgumentParser
import CLinux

/// The files that `tazpod init` writes.
struct ProjectTemplate {
    enum Vertical: String, CaseIterable, ExpressibleByArgument {
        case base, infisical, k8s, gemini
    }

    var vertical: Vertical
    /// Another file of the project, which says what image it wants; config.yaml would win over it.
    var imageIsNamedBy: String?

    /// In the order they are written.
    var files: [TemplateFile] {
        [
            TemplateFile(path: Project.configFile, text: config), TemplateFile(path: ".tazpod/secrets.yml", text: secrets),
            ProjectTemplate.ignoreFile,
        ]
    }

    private var image: String { "tazpod-\(vertical.rawValue)" }

    private var config: String {
        """
        version: 1
        \(imageIsNamedBy.map { "# image: \(image)   # \($0) may name one; what is here wins over it" } ?? "image: \(image)")
        provider: auto            # docker, native
        vault:
          size: 512MiB
        bridges: [.infisical, infisical-keyring, .gemini]   # kept in the vault, seen at ~/NAME in the ghost
        \(ghostOnly)
        # ports: ["3000"]
        # env: {EDITOR: nvim}

        """
    }

    private var ghostOnly: String {
        let comment = "# tools that refuse to start outside of it"
        return vertical == .gemini ? "ghost_only: [gemini]   \(comment)" : "# ghost_only: [gemini]   \(comment)"
    }

    private var secrets: String {
        """
        # Which secrets the pod works with. Names only: a value has no place in this file.
        secrets: []

        """
    }

    static let ignoreFile = TemplateFile(path: ".tazpod/.gitignore", text: "/vault/\n")

    /// The file beside which `image:` is left to it.
    static func imageFile(in directory: String) -> String? {
        if let file = DevContainerLocation.files(in: directory).first { return file }
        return access("\(directory)/\(PaudeFile.name)", F_OK) == 0 ? PaudeFile.name : nil
    }
}
