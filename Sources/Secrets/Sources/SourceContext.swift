import CLinux
import Contract
import SecretsPlan

/// What a source is made of.
struct SourceContext {
    /// What secrets.yml says of it.
    var settings: [String: String]
    /// Where it keeps what proves who we are.
    var vault: VaultFolder
    /// The project's folder as the pod sees it, to which paths in secrets.yml are relative.
    var project: String
    /// A descriptor that holds values from the host (`HostValues`).
    var given: Int32?

    /// A path of the project's, absolute. TazPod's own folder is elsewhere where the workspace is a part of the project.
    func path(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        let isAside = path.hasPrefix(".tazpod/") && access(PodPaths.project, F_OK) == 0
        return "\(isAside ? PodPaths.project : project)/\(path)"
    }
}
