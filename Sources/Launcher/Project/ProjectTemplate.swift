import ArgumentParser

/// The files that `tazpod init` writes.
struct ProjectTemplate {
    enum Vertical: String, CaseIterable, ExpressibleByArgument {
        case base, infisical, k8s, gemini
    }

    var vertical: Vertical
    /// The project says in a devcontainer.json which image it wants; config.yaml would win over it.
    var hasDevContainer = false

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
        \(hasDevContainer ? "# image: \(image)   # devcontainer.json names one; what is here wins over it" : "image: \(image)")
        provider: auto            # docker, native
        vault:
          size: 512MiB
        bridges: [.infisical, infisical-keyring, .gemini]   # kept in the vault, seen at ~/NAME in the ghost
        # ports: ["3000"]
        # env: {EDITOR: nvim}

        """
    }

    private var secrets: String {
        """
        # Which secrets the pod works with. Names only: a value has no place in this file.
        secrets: []

        """
    }

    static let ignoreFile = TemplateFile(path: ".tazpod/.gitignore", text: "/vault/\n")
}
