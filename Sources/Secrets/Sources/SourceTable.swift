import Contract
import SecretsPlan

/// The sources by their names.
enum SourceTable {
    static func source(_ name: SecretSourceName, _ context: SourceContext) throws(Failure) -> any SecretSource {
        switch name {
        case .command: CommandSource(context: context)
        case .env: HostSource(context: context)
        case .file: FileSource(context: context)
        case .engine: FileSource(context: context, folder: PodPaths.secrets)
        case .age: AgeSource(context: context)
        case .sops: SopsSource(context: context)
        case .pass: PassSource(context: context)
        case .infisical, .vault:
            throw Failure(.provider, "this build of TazPod has no source \(name.rawValue)")
        }
    }
}
