import Contract
import Testing

@testable import Launcher

struct KubernetesManifestTests {
    /// The objects of a project's manifest by kind, as libyaml reads them.
    private func objects(_ text: String = "") throws -> [String: YAMLNode] {
        let documents = try KubernetesManifest(plan(text)).text.components(separatedBy: "---\n").dropFirst()
        var objects: [String: YAMLNode] = [:]
        for document in documents {
            let node = try #require(try YAMLNode.parse([UInt8](document.utf8), file: "manifest"))
            objects[try #require(node["kind"]?.text)] = node
        }
        return objects
    }

    private func specification(_ text: String = "") throws -> YAMLNode {
        try #require(try objects(text)["Pod"]?["spec"])
    }

    private func workspace(_ text: String = "") throws -> YAMLNode {
        try #require(try specification(text)["containers"]?.items.first)
    }

    @Test("It has these objects in this order, which have one name")
    func kinds() throws {
        let lines = try KubernetesManifest(plan()).text.split(separator: "\n")
        #expect(
            lines.filter { $0.hasPrefix("kind: ") } == [
                "kind: ServiceAccount", "kind: PersistentVolumeClaim", "kind: NetworkPolicy", "kind: Pod",
            ])
        for object in try objects().values { #expect(object["metadata"]?["name"]?.text == (try plan().name)) }
    }

    @Test("A cluster's volume has no second place for the project's own files")
    func projectFiles() throws {
        #expect(!(try KubernetesManifest(plan("workspace: src")).text.contains("/run/tazpod/project")))
    }

    @Test("A pod is never privileged, and never the node's in anything")
    func unprivileged() throws {
        let text = try KubernetesManifest(plan("vault: {driver: ram}")).text
        for word in ["privileged", "hostPath", "hostNetwork", "hostPID", "hostIPC", "hostPort"] { #expect(!text.contains(word)) }
        let context = try #require(try workspace()["securityContext"])
        #expect(context["allowPrivilegeEscalation"]?.text == "false")
        #expect(context["seccompProfile"]?["type"]?.text == "RuntimeDefault")
        #expect(context["capabilities"]?["drop"]?.items.map { $0.text } == ["ALL"])
        #expect(context["capabilities"]?["add"]?.items.map { $0.text } == PodPlanner.capabilities.filter { $0 != "MKNOD" })
    }

    @Test("Neither the account nor the pod gets a token")
    func token() throws {
        #expect(try objects()["ServiceAccount"]?["automountServiceAccountToken"]?.text == "false")
        #expect(try specification()["automountServiceAccountToken"]?.text == "false")
    }

    @Test("Secrets of secrets.yml are files of root's alone, each from an object of its name, in a folder that is read-only")
    func secrets() throws {
        var plan = try plan()
        plan.workspace.secrets = ["DB_PASSWORD", "TOKEN"]
        let text = try KubernetesManifest(plan).text
        #expect(text.contains("kubectl create secret generic db-password --from-file=DB_PASSWORD=FILE"))
        let document = try #require(text.components(separatedBy: "---\n").last)
        let pod = try #require(try YAMLNode.parse([UInt8](document.utf8), file: "manifest")?["spec"])
        let mount = try #require(pod["containers"]?.items.first?["volumeMounts"]?.items.last)
        #expect(mount["mountPath"]?.text == "/run/secrets")
        #expect(mount["readOnly"]?.text == "true")
        let volume = try #require(pod["volumes"]?.items.last)
        #expect(volume["name"]?.text == mount["name"]?.text)
        // 0400, in the one form that YAML 1.1 and 1.2 read alike.
        #expect(volume["projected"]?["defaultMode"]?.text == "256")
        let sources = volume["projected"]?["sources"]?.items.compactMap { $0["secret"] } ?? []
        #expect(sources.map { $0["name"]?.text } == ["db-password", "token"])
        #expect(sources.map { $0["items"]?.items.first?["key"]?.text } == ["DB_PASSWORD", "TOKEN"])
        #expect(sources.map { $0["items"]?.items.first?["path"]?.text } == ["DB_PASSWORD", "TOKEN"])
    }

    @Test("A driver that takes devices is refused", arguments: ["fuse", "dmcrypt"])
    func driver(name: String) throws {
        let plan = try plan("vault: {driver: \(name)}")
        let error = #expect(throws: Failure.self) { _ = try KubernetesManifest(plan) }
        #expect(error?.code == .provider)
        #expect(error?.sentence.contains("a pod of a cluster does not have; write driver: auto or ram") == true)
    }

    @Test("Folders of the host are folders of one volume, and none is the vault's and the workspace's both")
    func mounts() throws {
        let mounts = try #require(try workspace()["volumeMounts"]).items
        #expect(mounts.map { $0["mountPath"]?.text } == ["/workspace", "/run/tazpod/private/vault", "/workspace/.tazpod/vault"])
        #expect(mounts.map { $0["subPath"]?.text } == ["workspace", "run/tazpod/private/vault", nil])
        #expect(mounts[2]["readOnly"]?.text == "true")
        let volumes = try #require(try specification()["volumes"]).items
        #expect(volumes[0]["persistentVolumeClaim"]?["claimName"]?.text == (try plan().name))
        #expect(volumes[1]["name"]?.text == mounts[2]["name"]?.text && volumes[1]["emptyDir"]?["medium"]?.text == "Memory")
    }

    @Test("A new volume's workspace becomes its user's, by a container that can do no more")
    func preparation() throws {
        let preparation = try #require(try specification("user: ann")["initContainers"]?.items.first)
        #expect(preparation["command"]?.items.map { $0.text } == ["chown", "ann:", "/workspace"])
        #expect(preparation["volumeMounts"]?.items.map { $0["subPath"]?.text } == ["workspace"])
        let context = try #require(preparation["securityContext"])
        #expect(context["capabilities"]?["add"]?.items.map { $0.text } == ["CHOWN"])
        #expect(context["allowPrivilegeEscalation"]?.text == "false")
    }

    @Test("Limits, a GPU among them, are the cluster's own words")
    func limits() throws {
        let limits = try workspace("resources: {cpu: \"1.5\", memory: 1536MiB, gpu: true}")["resources"]?["limits"]
        #expect(limits?["cpu"]?.text == "1500m")
        #expect(limits?["memory"]?.text == "1536Mi")
        #expect(limits?["nvidia.com/gpu"]?.text == "1")
        #expect(try workspace()["resources"] == nil)
    }

    @Test("A port is opened to nobody, and how to reach it is said")
    func ports() throws {
        let text = "ports: [\"9000:80\", \"81:80\"]\nkubernetes: {context: a$b, namespace: me}"
        #expect(try workspace(text)["ports"]?.items.map { $0["containerPort"]?.text } == ["80"])
        let forward = "port-forward --address 127.0.0.1 pod/\(try plan().name) 9000:80"
        #expect(
            try KubernetesManifest(plan(text)).text.contains("# Port 80: kubectl --context 'a$b' --namespace me \(forward)\n"))
        let policy = try #require(try objects(text)["NetworkPolicy"]?["spec"])
        #expect(policy["ingress"] == nil)
        #expect(policy["policyTypes"]?.items.map { $0.text } == ["Ingress", "Egress"])
    }

    @Test("Where and for how long is the config's choice")
    func cluster() throws {
        let text = "kubernetes: {namespace: me, storage: 20Gi, node_selector: {role: dev}, timeout: {idle: 4h, max: 24h}}"
        for object in try objects(text).values { #expect(object["metadata"]?["namespace"]?.text == "me") }
        let claim = try objects(text)["PersistentVolumeClaim"]?["spec"]
        #expect(claim?["resources"]?["requests"]?["storage"]?.text == "20Gi")
        #expect(try specification(text)["nodeSelector"]?["role"]?.text == "dev")
        #expect(try specification(text)["activeDeadlineSeconds"]?.text == "86400")
        #expect(try objects(text)["Pod"]?["metadata"]?["annotations"]?["dev.tazpod.timeout.idle"]?.text == "14400")
        let plain = try #require(try objects()["Pod"])
        #expect(plain["metadata"]?["namespace"] == nil && plain["spec"]?["activeDeadlineSeconds"] == nil)
    }

    @Test("A cluster replaces nothing in a variable's value")
    func variables() throws {
        let variables = try #require(try workspace("env: {A: \"$(TAZPOD_USER) $$ $\"}")["env"]).items
        #expect(variables.first { $0["name"]?.text == "TAZPOD_ENV_A" }?["value"]?.text == "$$(TAZPOD_USER) $$$$ $$")
    }

    @Test("The probes are init's own, and a stop is given time to save the vault")
    func probes() throws {
        let command = { (probe: String) in try workspace()[probe]?["exec"]?["command"]?.items.map { $0.text } }
        #expect(try command("readinessProbe") == ["/usr/local/bin/tazpod-init", "--probe", "ready"])
        #expect(try command("livenessProbe") == ["/usr/local/bin/tazpod-init", "--probe", "live"])
        #expect(try command("startupProbe") == ["/usr/local/bin/tazpod-init", "--probe", "live"])
        #expect(try specification()["terminationGracePeriodSeconds"]?.text == "150")
    }

    @Test("What up compares is the plan that was asked for")
    func digest() throws {
        #expect(try objects()["Pod"]?["metadata"]?["annotations"]?["dev.tazpod.plan"]?.text == (try plan().digest))
    }
}

struct KubernetesNameTests {
    @Test(
        "A name of ours becomes one of a cluster's",
        arguments: [
            ("web", "web"), ("my_web-", "my-web"), ("a__b", "a--b"),
            (String(repeating: "a", count: 70), String(repeating: "a", count: 63)),
        ])
    func label(name: String, label: String) {
        #expect(KubernetesName.label(name) == label)
        #expect(KubernetesName.isLabel(label))
    }

    @Test("What is no label is known", arguments: ["", "-a", "a-", "a.b", "A", "é", String(repeating: "a", count: 64)])
    func noLabel(text: String) {
        #expect(!KubernetesName.isLabel(text))
    }

    @Test("An amount is written in the largest unit that loses nothing")
    func quantity() {
        let amounts: [UInt64] = [0, 1000, 1024, 1536 << 20, 10 << 30, 1 << 40]
        #expect(amounts.map { KubernetesQuantity.bytes($0) } == ["0", "1000", "1Ki", "1536Mi", "10Gi", "1Ti"])
    }

    @Test(
        "Processors are counted in thousandths where they are no whole ones",
        arguments: [
            ("2", "2"), ("2.0", "2"), ("2.", "2"), ("1.5", "1500m"), (".5", "500m"), ("0.25", "250m"), ("0.0001", "1m"),
            ("1.9999", "2"), ("99999999999999999999", "99999999999999999999"),
        ])
    func processors(text: String, amount: String) {
        #expect(KubernetesQuantity.processors(text) == amount)
    }
}

extension YAMLNode {
    fileprivate subscript(key: String) -> YAMLNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    fileprivate var items: [YAMLNode] {
        guard case .sequence(let items) = content else { return [] }
        return items
    }

    fileprivate var text: String? {
        guard case .scalar(let text) = content else { return nil }
        return text
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
    }
}
