import ArgumentParser

/// The files that `tazpod init` writes.
struct ProjectTemplate {
    enum Vertical: String, CaseIterable, ExpressibleByArgument {
        case base, infisical, k8s, gemini
    }

    var vertical: Vertical

    /// In the order they are written, with paths relative to the project's folder.
    var files: [(path: String, text: String)] {
        [(Project.configFile, config), (".tazpod/secrets.yml", secrets), (".tazpod/.gitignore", ignored)]
    }

    private var config: String {
        """
        version: 1
        image: tazpod-\(vertical.rawValue)
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

    private var ignored: String {
        """
        /vault/

        """
    }
}
