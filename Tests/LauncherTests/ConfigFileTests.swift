import Contract
import Testing

@testable import Launcher

/// Reads a config.yaml whose project's folder is called `folder`.
func config(_ text: String, folder: String = "web") throws(Failure) -> ProjectConfig {
    try ConfigFile.parse([UInt8](text.utf8), file: "config.yaml", folder: folder)
}

struct ConfigFileTests {
    @Test("An empty file gives the defaults", arguments: ["", "# nothing\n", "{}"])
    func defaults(text: String) throws {
        let result = try config(text)
        #expect(result == ProjectConfig(name: "web"))
    }

    @Test("The defaults are those of the contract")
    func values() {
        let result = ProjectConfig(name: "web")
        #expect(result.image == "tazpod-base")
        #expect(result.provider == .auto)
        #expect(result.user == "tazpod")
        #expect(result.workspace == ".")
        #expect(result.vault.path == ".tazpod/vault/vault.img")
        #expect(result.vault.size == 536_870_912)
        #expect(result.vault.driver == .auto)
        #expect(result.vault.lockAfter == nil)
        #expect(result.vault.saveEvery == 300)
        #expect(result.bridges == [".infisical", "infisical-keyring", ".gemini"])
    }

    @Test("Every key of the contract is read")
    func everyKey() throws {
        let result = try config(
            """
            version: 1
            name: myproject
            image: tazpod-k8s
            build: {dockerfile: .tazpod/Dockerfile, context: sub, args: {A: "1"}}
            provider: podman
            user: ann
            workspace: src
            vault: {path: v/vault.img, size: 1GiB, driver: fuse, lock_after: 30m, save_every: 90s}
            enclave: {allow: [perf_events, bpf]}
            bridges: [.infisical, a/b]
            ports: ["3000", "127.0.0.1:9000:8372"]
            env: {EDITOR: nvim, EMPTY: ""}
            resources: {cpu: "2", memory: 4GiB, gpu: true}
            network: {allow: [example.org, "*.example.com"]}
            agent: {name: opencode, secrets: [ANTHROPIC_API_KEY]}
            kubernetes: {context: dev, namespace: me, storage: 10Gi, node_selector: {role: dev}, timeout: {idle: 4h, max: 24h}}
            """)
        var expected = ProjectConfig(name: "myproject")
        expected.image = "tazpod-k8s"
        expected.hasOwnImage = true
        expected.build = ProjectConfig.Build(dockerfile: ".tazpod/Dockerfile", context: "sub", arguments: ["A": "1"])
        expected.provider = .podman
        expected.user = "ann"
        expected.workspace = "src"
        expected.vault = ProjectConfig.Vault(path: "v/vault.img", size: 1 << 30, driver: .fuse, saveEvery: 90, lockAfter: 1800)
        expected.allowedCalls = [.bpf, .perfEvents]
        expected.bridges = [".infisical", "a/b"]
        expected.ports = [
            ProjectConfig.Port(hostPort: 3000, podPort: 3000),
            ProjectConfig.Port(hostAddress: "127.0.0.1", hostPort: 9000, podPort: 8372),
        ]
        expected.environment = ["EDITOR": "nvim", "EMPTY": ""]
        expected.resources = ProjectConfig.Resources(cpu: "2", memory: 4 << 30, gpu: true)
        expected.allowedDomains = ["example.org", "*.example.com"]
        expected.agent = "opencode"
        expected.cluster = PodPlan.Cluster(
            context: "dev", namespace: "me", storage: 10 << 30, nodeSelector: ["role": "dev"], idleTimeout: 14_400,
            maximumTimeout: 86_400)
        #expect(result == expected)
    }

    @Test("The file of TazPod's first version still loads")
    func firstVersion() throws {
        let result = try config(
            """
            version: 1.0
            container_name: "tazpod-lab"
            image: tazzo/tazpod:latest
            user: tazpod
            build: {dockerfile: .tazpod/Dockerfile}
            features:
              ghost_mode: true
              debug: false
            """)
        #expect(result.name == "tazpod-lab")
        #expect(result.image == "tazzo/tazpod:latest")
        #expect(result.build?.dockerfile == ".tazpod/Dockerfile")
    }

    @Test("A name wins over the first version's")
    func bothNames() throws {
        #expect(try config("name: new\ncontainer_name: old\n").name == "new")
    }

    @Test(
        "Without a name a project is called as its folder, in letters that every engine takes",
        arguments: [
            ("web", "web"), ("My Project", "my-project"), ("a_b.c", "a-b-c"), ("--x--", "x--"), ("日本", "project"),
            ("", "project"),
            ("Été", "t-"), ("_", "project"), (String(repeating: "a", count: 50), String(repeating: "a", count: 40)),
        ])
    func folderName(folder: String, name: String) throws {
        #expect(try config("", folder: folder).name == name)
        // What we make up is what we would take.
        #expect(try config("name: \(name)\n").name == name)
    }

    @Test("Any provider and driver of the contract is known")
    func choices() throws {
        for name in ProjectConfig.ProviderName.allCases { #expect(try config("provider: \(name.rawValue)").provider == name) }
        for name in ProjectConfig.VaultDriver.allCases {
            #expect(try config("vault: {driver: \(name.rawValue)}").vault.driver == name)
        }
        #expect(ProjectConfig.ProviderName.allCases.map { $0.rawValue } == ["auto", "docker", "podman", "native", "kubernetes"])
        #expect(ProjectConfig.VaultDriver.allCases.map { $0.rawValue } == ["auto", "dmcrypt", "fuse", "ram"])
    }

    @Test(
        "Everything may be reached, or a list of domains, or one",
        arguments: [("all", nil), ("[]", []), ("[a.org]", ["a.org"]), ("a.org", ["a.org"])] as [(String, [String]?)])
    func network(text: String, domains: [String]?) throws {
        #expect(try config("network: {allow: \(text)}").allowedDomains == domains)
    }

    @Test(
        "A switch may be said in YAML's words",
        arguments: [("true", true), ("yes", true), ("on", true), ("false", false), ("no", false), ("off", false)])
    func boolean(text: String, expected: Bool) throws {
        #expect(try config("resources: {gpu: \(text)}").resources.gpu == expected)
    }

    @Test("A new project's file is read, and gives the defaults but for its image", arguments: ProjectTemplate.Vertical.allCases)
    func template(vertical: ProjectTemplate.Vertical) throws {
        let file = try #require(ProjectTemplate(vertical: vertical).files.first { $0.path == Project.configFile })
        var expected = ProjectConfig(name: "web")
        expected.image = "tazpod-\(vertical.rawValue)"
        expected.hasOwnImage = true
        if vertical == .gemini { expected.ghostOnly = ["gemini"] }
        #expect(try config(file.text) == expected)
    }

    @Test("Beside a file that names the image, a new project leaves it to that")
    func templateBesideAnother() throws {
        let file = try #require(ProjectTemplate(vertical: .k8s, imageIsNamedBy: "paude.json").files.first)
        #expect(try config(file.text) == ProjectConfig(name: "web"))
    }

    @Test("A new project keeps its vault out of git")
    func templateIgnore() throws {
        let file = try #require(ProjectTemplate(vertical: .base).files.first { $0.path == ".tazpod/.gitignore" })
        #expect(file.text == "/vault/\n")
    }
}
