import Contract
import SecretsPlan
import Testing

@testable import Launcher

/// What becomes of `source: engine`, in each provider's words.
struct EngineSecretTests {
    private func secrets(_ items: String) throws(Failure) -> PullPlan {
        try SecretsFile.parse([UInt8]("secrets:\n\(items)".utf8), file: "secrets.yml")
    }

    private func plan(_ items: String) throws -> PodPlan {
        try PodPlanner.plan(project(), secrets: secrets(items))
    }

    private static let two =
        "- {name: TOKEN, source: podman, file: token}\n- {name: db, source: engine, key: DB_PASSWORD, file: db}\n"

    @Test("A plan has the engine's names of its secrets, each once, and of no other source's")
    func names() throws {
        let more = "- {name: again, source: docker, key: TOKEN, env: AGAIN}\n- {name: other, source: pass, file: other}\n"
        #expect(try plan(EngineSecretTests.two + more).workspace.secrets == ["DB_PASSWORD", "TOKEN"])
        #expect(try plan("- {name: other, source: pass, file: other}\n").workspace.secrets == [])
    }

    @Test("Another list of secrets is another plan, and another order of the same is not")
    func digest() throws {
        let turned = EngineSecretTests.two.split(separator: "\n").reversed().joined(separator: "\n")
        #expect(try plan(EngineSecretTests.two).digest == plan(turned).digest)
        #expect(try plan(EngineSecretTests.two).digest != PodPlanner.plan(project()).digest)
    }

    @Test(
        "A name that no engine has is refused, with its place",
        arguments: [
            ("a/b", "2:10"), ("../b", "2:10"), ("..", "2:10"), ("-x", "2:10"), ("a b", "2:10"), ("a,mode=0444", "2:10"),
        ])
    func names(name: String, place: String) {
        let error = #expect(throws: Failure.self) { try secrets("- {name: '\(name)', source: engine, file: x}") }
        #expect(error?.code == .project)
        #expect(error?.sentence.hasPrefix("secrets.yml:\(place): \(name) is no name of an engine's secret") == true)
    }

    @Test("The same of a key")
    func keys() {
        let error = #expect(throws: Failure.self) { try secrets("- {name: x, source: engine, key: a/b, file: x}") }
        #expect(error?.sentence.hasPrefix("secrets.yml:2:34: a/b is no name of an engine's secret") == true)
    }

    @Test("podman is told to give them to root alone", arguments: [true, false])
    func podman(isRootless: Bool) throws {
        let arguments = EngineArguments(engine: .podman(isRootless: isRootless)).run(try plan(EngineSecretTests.two))
        let given = zip(arguments, arguments.dropFirst()).filter { $0.0 == "--secret" }.map { $0.1 }
        #expect(
            given == [
                "DB_PASSWORD,type=mount,target=DB_PASSWORD,uid=0,gid=0,mode=0400",
                "TOKEN,type=mount,target=TOKEN,uid=0,gid=0,mode=0400",
            ])
    }

    @Test("A unit of systemd's has them under their own key")
    func quadlet() throws {
        let podman = EngineArguments(engine: .podman(isRootless: false))
        let text = QuadletUnit(plan: try plan(EngineSecretTests.two), arguments: podman).text
        #expect(text.contains("\nSecret=TOKEN,type=mount,target=TOKEN,uid=0,gid=0,mode=0400\n"))
    }

    @Test("docker is not told of them, and a trial of drivers gets none")
    func others() throws {
        let plan = try plan(EngineSecretTests.two)
        #expect(!EngineArguments(engine: .docker).run(plan).contains("--secret"))
        #expect(!EngineArguments(engine: .podman(isRootless: false)).trial(plan, ["x"]).contains("--secret"))
    }

    @Test("Without such secrets nothing is asked for")
    func none() throws {
        let plan = try PodPlanner.plan(project())
        #expect(!EngineArguments(engine: .podman(isRootless: false)).run(plan).contains("--secret"))
        #expect(try !KubernetesManifest(plan).text.contains("secret"))
    }

    @Test("podman's word for one that it does not have becomes a sentence that says how to make it")
    func absent() throws {
        let said = CommandOutput(
            status: 125, output: "", errors: "Error: no secret with name or id \"TOKEN\": no such secret\n")
        let podman = Engine.podman(isRootless: false)
        #expect(podman.absentSecret.map { said.errors.contains($0) } == true)
        #expect(
            try EngineSecret.absent(plan(EngineSecretTests.two), podman, said)
                == Failure(
                    .provider,
                    "podman has no secret TOKEN, which secrets.yml asks for; make it with podman secret create TOKEN FILE"))
    }
}
