import SecretsPlan

/// What a source is made of.
struct SourceContext {
    /// What secrets.yml says of it.
    var settings: [String: String]
    /// Where it keeps what proves who we are.
    var vault: VaultFolder
    /// The project's folder, to which paths in secrets.yml are relative.
    var project: String
    /// A descriptor that holds values from the host (`HostValues`).
    var given: Int32?

    /// A path of the project's, absolute.
    func path(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(project)/\(path)"
    }
}
