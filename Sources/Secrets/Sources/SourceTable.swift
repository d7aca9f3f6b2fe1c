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
        case .infisical: InfisicalSource(context: context)
        case .vault: HashiCorpSource(context: context)
        }
    }
}
