import Contract
import Testing

@testable import Launcher

struct BundleTests {
    private let bundle = Bundle(folder: "/opt/tp/bundle")
    private let bare = EngineImage(labels: nil, environment: ["PATH=/bin:/sbin"])

    @Test("An image says by its label that TazPod is in it", arguments: [("/usr/local/bin", true), ("/opt", false)])
    func label(value: String, hasPrograms: Bool) throws {
        let image = try #require(
            EngineImage.parse("{\"labels\":{\"dev.tazpod.programs\":\"\(value)\"},\"environment\":[\"A=b\"]}\n"))
        #expect(image.hasPrograms == hasPrograms)
        #expect(image.value(of: "A") == "b")
        #expect(image.value(of: "PATH") == nil)
    }

    @Test("An image may have neither labels nor variables")
    func nothing() throws {
        let image = try #require(EngineImage.parse("{\"labels\":null,\"environment\":null}"))
        #expect(!image.hasPrograms)
        #expect(EngineImage.parse("no such image") == nil)
    }

    @Test(
        "Only the images of make images are not asked about",
        arguments: [
            ("tazpod-base", true), ("tazpod-k8s:0.1.0", true), ("tazpod-mine", false), ("debian", false),
            ("registry/tazpod-base", false), ("tazpod-base@sha256:00", false),
        ])
    func own(name: String, isOwn: Bool) {
        #expect(EngineImage.isOwn(name) == isOwn)
    }

    @Test("Its programs are mounted read-only, and the image's own PATH comes before its tools")
    func options() {
        #expect(
            bundle.options(bare) == [
                "--mount", "type=bind,source=/opt/tp/bundle/bin/tazpod,target=/usr/local/bin/tazpod,ro",
                "--mount", "type=bind,source=/opt/tp/bundle/bin/tazpod-init,target=/usr/local/bin/tazpod-init,ro",
                "--mount", "type=bind,source=/opt/tp/bundle/bin/tazpod-ghost,target=/usr/local/bin/tazpod-ghost,ro",
                "--mount", "type=bind,source=/opt/tp/bundle/bin/tazpod-secrets,target=/usr/local/bin/tazpod-secrets,ro",
                "--mount", "type=bind,source=/opt/tp/bundle,target=/usr/local/lib/tazpod,ro",
                "--env", "PATH=/bin:/sbin:/usr/local/lib/tazpod/bin", "--env", "TAZPOD_NEW_USER=1000",
                "--env", "LANG=C.UTF-8", "--user", "0:0", "--stop-signal", "SIGTERM",
            ])
        let german = EngineImage(labels: nil, environment: ["LANG=de_DE.UTF-8"])
        #expect(!bundle.options(german).contains("LANG=C.UTF-8"))
        #expect(
            bundle.options(german).contains(
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/lib/tazpod/bin"))
    }

    @Test("Where it cannot be mounted, it is in another image")
    func inImage() throws {
        let plan = try plan("image: debian")
        var arguments = EngineArguments(engine: .docker, bundled: (bundle, bare))
        arguments.bundledImage = "tazpod-bundled:0"
        let words = arguments.run(plan)
        #expect(words.suffix(3) == ["--entrypoint", "/usr/local/bin/tazpod-init", "tazpod-bundled:0"])
        #expect(!words.contains { $0.contains("/opt/tp/bundle") })
        #expect(words.contains("TAZPOD_NEW_USER=1000"))
    }

    @Test("A pod begins with the mounted init, and the plan's mark stays")
    func run() throws {
        let plan = try plan("image: debian")
        let bundled = EngineArguments(engine: .docker, bundled: (bundle, bare)).run(plan)
        #expect(bundled.suffix(3) == ["--entrypoint", "/usr/local/bin/tazpod-init", "debian"])
        #expect(bundled.contains("dev.tazpod.plan=\(plan.digest)"))
        let trial = EngineArguments(engine: .docker, bundled: (bundle, bare)).trial(plan, ["/usr/local/bin/tazpod-ghost", "-x"])
        #expect(trial.suffix(4) == ["--entrypoint", "/usr/local/bin/tazpod-ghost", "debian", "-x"])
        #expect(trial.contains("TAZPOD_NEW_USER=1000"))
    }

    @Test("What the pod could write, root does not run there", arguments: ["/p/web/bundle", "/p/web", "/p/web/a/b"])
    func reach(folder: String) throws {
        let plan = try plan()
        let error = #expect(throws: Failure.self) {
            try Bundle(folder: folder).checked(plan, mode: 0o755, isOwnersOrRoots: true)
        }
        #expect(error?.code == .refused)
        #expect(error?.sentence.contains("the pod's public area can write") == true)
    }

    @Test("A folder whose name only begins like the workspace's is another one")
    func neighbour() throws {
        #expect(throws: Never.self) { try Bundle(folder: "/p/web-programs").checked(plan(), mode: 0o755, isOwnersOrRoots: true) }
    }

    @Test("What other users can write, root does not run in the pod", arguments: [(0o775, true), (0o757, true), (0o755, false)])
    func owner(mode: UInt32, isOwnersOrRoots: Bool) throws {
        let plan = try plan()
        let error = #expect(throws: Failure.self) { try bundle.checked(plan, mode: mode, isOwnersOrRoots: isOwnersOrRoots) }
        #expect(error?.code == .refused)
        #expect(error?.sentence.contains("other users") == true)
    }
}
