import Contract
import Testing

@testable import Launcher

struct EngineRecordTests {
    private let labels = """
        "labels":{"dev.tazpod.project":"web","dev.tazpod.directory":"/p/web","dev.tazpod.user":"ann","dev.tazpod.plan":"0123"}
        """

    @Test("A pod is read back from its container's labels")
    func record() throws {
        #expect(
            try EngineRecord.parse("{\"name\":\"/tazpod-web-1\",\"state\":\"running\",\(labels)}\n", of: "docker") == [
                PodRecord(
                    name: "tazpod-web-1", project: "web", directory: "/p/web", provider: "docker", state: .running,
                    planDigest: "0123", user: "ann")
            ])
    }

    @Test("Each line is a container, running or not")
    func several() throws {
        let text = "{\"name\":\"/a\",\"state\":\"running\",\(labels)}\n{\"name\":\"/b\",\"state\":\"exited\",\(labels)}\n"
        #expect(try EngineRecord.parse(text, of: "docker").map { $0.name } == ["a", "b"])
        #expect(try EngineRecord.parse(text, of: "docker").map { $0.state } == [.running, .stopped])
    }

    @Test(
        "podman's words for a state are understood too",
        arguments: [("Up 3 minutes", true), ("Created", false), ("Exited (0) 1 minute ago", false)])
    func words(state: String, runs: Bool) throws {
        let text = "{\"name\":\"a\",\"state\":\"\(state)\",\(labels)}"
        #expect(try EngineRecord.parse(text, of: "podman").map { $0.state == .running } == [runs])
    }

    @Test("A container without our labels is a pod of the usual user", arguments: ["null", "{}"])
    func noLabels(labels: String) throws {
        let record = try #require(
            try EngineRecord.parse("{\"name\":\"x\",\"state\":\"exited\",\"labels\":\(labels)}", of: "docker").first)
        #expect(record.project == "" && record.directory == "" && record.planDigest == "")
        #expect(record.user == "tazpod")
    }

    @Test("No output is no pod")
    func nothing() throws {
        #expect(try EngineRecord.parse("\n", of: "docker").isEmpty)
    }

    @Test(
        "Another form is a fault of the provider",
        arguments: ["no JSON", "[]", "{}", "{\"name\":\"a\"}", "{\"name\":1,\"state\":\"running\"}"])
    func otherForm(text: String) {
        let error = #expect(throws: Failure.self) { try EngineRecord.parse(text, of: "docker") }
        #expect(error?.code == .provider)
    }

    @Test("The labels that are read are those that are written")
    func written() throws {
        let arguments = try EngineArguments(engine: .docker).run(plan())
        for label in [
            EngineLabels.project, EngineLabels.directory, EngineLabels.user, EngineLabels.plan,
        ] {
            #expect(labels.contains("\"\(label)\":"))
            #expect(arguments.contains { $0.hasPrefix("\(label)=") })
        }
    }
}
