import CLinux
import Contract

/// What `.tazpod/config.yaml` says, checked, with the defaults filled in.
struct ProjectConfig: Equatable {
    enum ProviderName: String, CaseIterable {
        case auto, docker, podman, native, kubernetes
    }

    enum VaultDriver: String, CaseIterable {
        case auto, dmcrypt, fuse, ram
    }

    struct Vault: Equatable {
        /// Relative to the project's folder.
        var path = ".tazpod/vault/vault.img"
        /// Of a new vault, in bytes.
        var size: UInt64 = 512 << 20
        var driver = VaultDriver.auto
        /// Seconds between two saves of a vault in memory, while something changes.
        var saveEvery: UInt64 = 300
        /// Seconds without a keystroke; nil keeps it open.
        var lockAfter: UInt64?
    }

    struct Build: Equatable {
        var dockerfile: String
        var context = "."
        var arguments: [String: String] = [:]
        /// The stage to stop at; nil is the last one.
        var target: String?
    }

    /// A port of the pod, published on the host.
    struct Port: Equatable {
        var hostAddress = "127.0.0.1"
        var hostPort: UInt16
        var podPort: UInt16
    }

    struct Resources: Equatable {
        var cpu: String?
        /// Bytes.
        var memory: UInt64?
        var gpu = false
    }

    var name: String
    var image = "tazpod-base"
    /// config.yaml names an image.
    var hasOwnImage = false
    var build: Build?
    var provider = ProviderName.auto
    var user = "tazpod"
    /// The folder that becomes /workspace, relative to the project's.
    var workspace = "."
    var vault = Vault()
    /// What the ghost's filter refuses others, in the table's order.
    var allowedCalls: [RefusedCalls] = []
    var bridges = [".infisical", "infisical-keyring", ".gemini"]
    /// Names of tools that refuse to start outside of a ghost.
    var ghostOnly: [String] = []
    var ports: [Port] = []
    var environment: [String: String] = [:]
    var resources = Resources()
    /// Domains that may be reached; nil allows all.
    var allowedDomains: [String]?
    var agent: String?
    /// `kubernetes:`, as the plan has it.
    var cluster = PodPlan.Cluster()

    init(name: String) {
        self.name = name
    }
}

extension ProjectConfig {
    /// TazPod's first version wrote an image and a `build` whose Dockerfile it never made: of such a file the image counts.
    func withoutMissingBuild(in directory: String) -> ProjectConfig {
        guard let build, hasOwnImage, access("\(directory)/\(build.dockerfile)", F_OK) != 0 else { return self }
        var config = self
        config.build = nil
        return config
    }
}

extension ProjectConfig.Port {
    /// `3000`, `9000:8372` or `127.0.0.1:9000:8372`.
    init?(_ text: String) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
        guard let last = parts.popLast(), let podPort = UInt16(last), podPort > 0 else { return nil }
        let hostPort = parts.popLast().map { UInt16($0) } ?? podPort
        guard let hostPort, hostPort > 0, parts.count <= 1, parts.first?.isEmpty != true else { return nil }
        self.init(hostAddress: parts.first ?? "127.0.0.1", hostPort: hostPort, podPort: podPort)
    }
}
