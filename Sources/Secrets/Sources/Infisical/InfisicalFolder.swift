import Contract
import SecretsPlan

/// A folder of an environment of a project: what one request lists.
struct InfisicalFolder: Hashable {
    var project: String
    /// The environment's short name (slug).
    var environment: String
    var path: String

    /// What Infisical's own program takes where nobody says.
    private static let usualEnvironment = "dev"

    init(project: String, environment: String, path: String) {
        self.project = project
        self.environment = environment
        self.path = "/" + path.split(separator: "/").joined(separator: "/")
    }

    /// - Parameter settings: What secrets.yml says for all of them.
    /// - Throws: code 3 when no project is named.
    init(of item: PullItem, settings: [String: String]) throws(Failure) {
        guard let project = item.options["project_id"] ?? settings["project_id"] else {
            throw Failure(.project, "secrets.yml names no project of Infisical; write infisical_project_id under config")
        }
        self.init(
            project: project,
            environment: item.options["environment"] ?? settings["environment"] ?? InfisicalFolder.usualEnvironment,
            path: item.options["path"] ?? settings["path"] ?? "/")
    }

    /// For messages.
    var description: String { "\(path) of \(environment)" }
}

extension PullItem {
    /// What Infisical calls the secret.
    var infisicalKey: String { options["key"] ?? name }
}
