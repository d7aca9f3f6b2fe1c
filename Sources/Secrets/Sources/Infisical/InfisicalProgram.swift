import CLinux
import Contract
import Linux
import SecretsPlan

/// Infisical's own program, where the image has it and its user has logged in with it. What it keeps is in ~/.infisical and
/// ~/infisical-keyring, which are the vault's (bridges).
struct InfisicalProgram {
    private let directory: String

    private static let name = "infisical"
    private static let bridge = ".infisical"
    private static let configuration = "\(bridge)/infisical-config.json"
    private static let longest = 1 << 20
    /// They would have it ask another server, or as somebody else.
    private static let overriding = ["INFISICAL_API_URL", "INFISICAL_DOMAIN", "INFISICAL_TOKEN"]

    /// - Parameter server: The server that secrets.yml names. The program asks the one that it is logged in to, so the two must be the
    ///   same.
    /// - Returns: nil where it is not there, or not logged in to that server by what the vault keeps.
    init?(server: String, context: SourceContext) {
        guard ProgramSearch(Array(InfisicalProgram.name.utf8), environment: environment()).isThere,
            InfisicalProgram.isBridged(context.vault),
            let text = try? context.vault.read(InfisicalProgram.configuration, limit: InfisicalProgram.longest),
            let document = try? text.withBytes({ InfisicalProgram.parsed($0) }).get(),
            InfisicalProgram.isLoggedIn(document.root, server: server)
        else { return nil }
        directory = context.project
    }

    /// What the program finds in the home is what the vault keeps, and is read here.
    private static func isBridged(_ vault: VaultFolder) -> Bool {
        var seen = stat()
        var kept = stat()
        guard let home = environmentValue("HOME"), let folder = try? vault.open(bridge, O_PATH | O_DIRECTORY),
            stat("\(home)/\(bridge)", &seen) == 0, fstat(folder.raw, &kept) == 0
        else { return false }
        return seen.st_dev == kept.st_dev && seen.st_ino == kept.st_ino
    }

    private static func parsed(_ bytes: UnsafeRawBufferPointer) -> Result<JSONDocument, Failure> {
        do throws(Failure) {
            return .success(try JSONDocument(bytes, of: "what infisical has"))
        } catch {
            return .failure(error)
        }
    }

    /// - Parameter configuration: What the program keeps about its logins.
    static func isLoggedIn(_ configuration: JSONValue, server: String) -> Bool {
        configuration["loggedInUserEmail"]?.text?.isEmpty == false
            && InfisicalServer.address(configuration["LoggedInUserDomain"]?.text) == server
    }

    // MARK: - Fetching

    func fetch(_ folder: ItemGroup<InfisicalFolder>, host: String, into delivery: Delivery) {
        do throws(Failure) {
            let secrets = try export(folder.key)
            for item in folder.items {
                delivery.deliver(item) { () throws(Failure) in
                    guard let secret = secrets.first(where: { $0["key"]?.text == item.infisicalKey }) else {
                        throw InfisicalList.notThere(item.infisicalKey, in: folder.key, at: host)
                    }
                    return try secret.member("value").secret()
                }
            }
        } catch {
            for item in folder.items { delivery.fail(item, error) }
        }
    }

    /// It merges imports and expands references itself.
    private func export(_ folder: InfisicalFolder) throws(Failure) -> [JSONValue] {
        let printed = try ProgramRun(
            arguments: [
                InfisicalProgram.name, "export", "--format=json", "--silent", "--telemetry=false",
                "--projectId=\(folder.project)",
                "--env=\(folder.environment)", "--path=\(folder.path)",
            ], environment: InfisicalProgram.environmentWithoutOverrides, directory: directory
        ).output()
        let document = try printed.withBytes { bytes in InfisicalProgram.parsed(bytes) }.get()
        return document.root.elements ?? []
    }

    private static var environmentWithoutOverrides: [[UInt8]] {
        environment().filter { variable in !overriding.contains { variable.starts(with: "\($0)=".utf8) } }
    }
}
