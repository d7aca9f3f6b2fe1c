import Contract
import Testing

@testable import Launcher

struct FeatureTests {
    @Test("A feature is a folder, or comes from a registry")
    func references() {
        #expect(FeatureReference("./a/b") == .folder("a/b"))
        #expect(
            FeatureReference("ghcr.io/devcontainers/features/node:1")
                == .registry(host: "ghcr.io", path: "devcontainers/features/node", version: "1"))
        #expect(FeatureReference("localhost:5000/a/b") == .registry(host: "localhost:5000", path: "a/b", version: "latest"))
        #expect(FeatureReference("x.org/a/b@sha256:12") == .registry(host: "x.org", path: "a/b", version: "@sha256:12"))
        for text in ["node", "a/b/c", "x.org/a", "x.org//b", "https://x.org/f.tgz", "x.org/a/b:", "x.org/a b/c"] {
            #expect(FeatureReference(text) == nil)
        }
    }

    @Test("Plain HTTP is for this machine's own registry alone")
    func loopback() {
        for host in ["localhost:5000", "127.0.0.1:5000", "localhost"] {
            #expect(FeatureReference("\(host)/a/b")?.isLoopback == true)
        }
        for host in ["localhost.example.org", "127.0.0.1.nip.io:80", "ghcr.io"] {
            #expect(FeatureReference("\(host)/a/b")?.isLoopback == false)
        }
    }

    @Test("Options become variables, with the defaults of those that are not set")
    func options() throws {
        let feature = try Feature.parse(
            [UInt8](
                #"{"id": "f", "options": {"version": {"type": "string", "default": "lts"}, "2-fast": {"type": "boolean", "default": true}, "other.one": {"default": "o"}}, "containerEnv": {"P": "/x:${PATH}"}, "installsAfter": ["ghcr.io/a/b"], "mounts": []}"#
                    .utf8), file: "f", reference: "./f", folder: "0", options: ["version": "it's"])
        #expect(feature.variables == ["VERSION": "it's", "_FAST": "true", "OTHER_ONE": "o"])
        #expect(feature.environmentFile == "export OTHER_ONE='o'\nexport VERSION='it'\\''s'\nexport _FAST='true'\n")
        #expect(feature.installsAfter == ["ghcr.io/a/b"])
        #expect(feature.notices.count == 1)
    }

    @Test("What a feature depends on comes before it")
    func dependencies() throws {
        let one = try Feature.parse(
            [UInt8](#"{"dependsOn": {"x.org/f/z:2": {"a": true}, "x.org/f/y": "3"}}"#.utf8), file: "f", reference: "./a",
            folder: "a",
            options: [:])
        #expect(
            one.dependencies == [
                DevContainer.Feature(reference: "x.org/f/z:2", options: ["a": "true"]),
                DevContainer.Feature(reference: "x.org/f/y", options: ["version": "3"]),
            ])
        #expect(try FeatureOrder.sorted([one, feature("z"), feature("y")], first: []).map { $0.folder } == ["y", "z", "a"])
    }

    @Test("A feature that wants a privileged pod is refused, and so is one that depends on what no registry has")
    func refused() {
        func parse(_ text: String) throws {
            _ = try Feature.parse([UInt8](text.utf8), file: "f", reference: "./f", folder: "0", options: [:])
        }
        #expect(#expect(throws: Failure.self) { try parse(#"{"privileged": true}"#) }?.code == .refused)
        #expect(#expect(throws: Failure.self) { try parse(#"{"dependsOn": {"./b": {}}}"#) }?.code == .project)
    }

    private func feature(_ name: String, after: [String] = []) -> Feature {
        Feature(reference: "x.org/f/\(name):1", folder: name, variables: [:], installsAfter: after.map { "x.org/f/\($0)" })
    }

    private func order(_ features: [Feature], first: [String] = []) throws -> [String] {
        try FeatureOrder.sorted(features, first: first.map { "x.org/f/\($0)" }).map { $0.folder }
    }

    @Test("A feature comes after those that it says, the rest by name, and some first")
    func order() throws {
        #expect(try order([feature("c"), feature("a", after: ["b", "gone"]), feature("b")]) == ["b", "a", "c"])
        #expect(try order([feature("a"), feature("b"), feature("c")], first: ["c", "b"]) == ["c", "b", "a"])
        #expect(throws: Failure.self) { try order([feature("a", after: ["b"]), feature("b", after: ["a"])]) }
    }

    @Test("Each feature is a layer, installed as root with what it needs to know")
    func layers() {
        var one = feature("one")
        one.containerEnvironment = ["PATH": "/x:${PATH}", "Q": "a\"b"]
        let text = FeatureLayers(base: "base", user: "dev", features: [one]).dockerfile
        #expect(
            text.hasPrefix(
                "FROM base\nUSER root\nENV PATH=\"/x:${PATH}\"\nENV Q=\"a\\\"b\"\nCOPY one /tmp/tazpod-features/one\nRUN cd /tmp/tazpod-features/one && "
            ))
        #expect(text.contains("_REMOTE_USER=dev "))
    }
}
