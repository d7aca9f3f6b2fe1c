import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import Launcher

struct PaudeFileTests {
    private func paude(_ text: String) throws(Failure) -> PaudeFile {
        try PaudeFile.parse([UInt8](text.utf8), path: "/p/web/paude.json", project: "/p/web")
    }

    @Test("A seed's file says what image there is, how it is built and what is run in it")
    func whole() throws {
        let file = try paude(
            """
            {"base": "node:22", "build": {"dockerfile": "containers/Dockerfile", "context": "containers", "args": {"A": "1"}}, "setup": "npm ci",
             "backend": {"type": "openshift", "context": "c", "namespace": "n"}, "create": {"agent": "claude"}}
            """)
        var result = ProjectConfig(name: "web")
        file.apply(to: &result)
        #expect(result.image == "node:22")
        #expect(
            result.build == ProjectConfig.Build(dockerfile: "containers/Dockerfile", context: "containers", arguments: ["A": "1"])
        )
        #expect(result.provider == .kubernetes)
        #expect(file.container.command(.postCreate)?.parts.first?.line == "npm ci")
        #expect(file.container.notices == ["/p/web/paude.json:2:81: create: agent has no effect here"])
    }

    @Test(
        "A backend is a word or a block",
        arguments: [("\"podman\"", "podman"), ("{\"type\": \"docker\"}", "docker"), ("{}", nil)])
    func backend(text: String, name: String?) throws {
        #expect(try paude("{\"backend\": \(text)}").provider?.rawValue == name)
    }

    @Test("Domains that its author closed are not opened in silence")
    func domains() throws {
        var result = ProjectConfig(name: "web")
        try paude(#"{"create": {"allowed-domains": ["default"]}}"#).apply(to: &result)
        #expect(result.allowedDomains == ["default"])
    }

    @Test(
        "A mistake is told with its place",
        arguments: [
            (#"{"bild": {}}"#, "1:2: paude.json has no key bild; write build"),
            (#"{"backend": "vm"}"#, "1:13: backend must be docker, podman, openshift or kubernetes, not vm"),
            (#"{"build": {}}"#, "1:11: build needs a dockerfile"),
        ])
    func mistakes(text: String, sentence: String) {
        #expect(throws: Failure(.project, "/p/web/paude.json:\(sentence)")) { try paude(text) }
    }

    @Test("config.yaml wins over it, and a devcontainer.json takes its place")
    func precedence() throws {
        let folder = try Folder()
        func write(_ path: String, _ text: String) throws {
            try Descriptor.open("\(folder.path)/\(path)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600, stage: "write").write(
                text, stage: "write")
        }
        #expect(mkdir("\(folder.path)/.tazpod", 0o700) == 0)
        try write("paude.json", #"{"base": "paudes", "backend": "podman"}"#)
        #expect(try Project.find(at: folder.path).config.image == "paudes")
        #expect(try Project.find(at: folder.path).config.provider == .podman)
        try write(".tazpod/config.yaml", "provider: native\n")
        #expect(try Project.find(at: folder.path).config.provider == .native)
        try write(".devcontainer.json", #"{"image": "theirs"}"#)
        #expect(try Project.find(at: folder.path).config.image == "theirs")
    }

    @Test("Of a first version's file with an image and a Dockerfile that was never made, the image counts")
    func firstVersion() throws {
        let folder = try Folder()
        let result = try config("version: 1.0\nimage: tazzo/tazpod\nbuild: {dockerfile: .tazpod/Dockerfile}\n")
        #expect(result.withoutMissingBuild(in: folder.path).build == nil)
        // Without an image there is nothing else that could be meant.
        #expect(try config("build: {dockerfile: D}").withoutMissingBuild(in: folder.path).build != nil)
        try Descriptor.open("\(folder.path)/D", O_WRONLY | O_CREAT, mode: 0o600, stage: "write").write("", stage: "write")
        #expect(try config("image: x\nbuild: {dockerfile: D}").withoutMissingBuild(in: folder.path).build != nil)
    }
}
