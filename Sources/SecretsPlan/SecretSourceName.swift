/// Where a secret may come from, in the words of secrets.yml.
public enum SecretSourceName: String, CaseIterable, Sendable {
    case infisical
    /// HashiCorp Vault, the key-value engine of version 2.
    case vault
    case sops
    case age
    /// The standard Unix password manager.
    case pass
    /// A variable of the host's environment.
    case env
    /// A file that the pod sees.
    case file
    /// A secret that the engine gave the pod: podman's, docker's, or Kubernetes'.
    case engine
    /// What a program prints.
    case command

    /// The words by which a file may name it.
    public init?(word: String) {
        switch word {
        case "podman", "docker", "kubernetes": self = .engine
        case "hashicorp": self = .vault
        default: self.init(rawValue: word)
        }
    }
}
