import Contract
import Logging
import Testing

@testable import Launcher

/// The commands that the provider makes; none of them is run.
struct EngineProviderTests {
    private static let log = Logger(label: "test") { _ in ConsoleLogHandler(logLevel: .critical) }
    private let provider = EngineProvider(engine: .docker, log: log)
    private let rootless = EngineProvider(engine: .podman(isRootless: true), log: log)
    private let record = PodRecord(
        name: "pod", project: "web", directory: "/p/web", provider: "docker", state: .running, planDigest: "", user: "ann")

    @Test("A command runs as the user, where it was asked for")
    func user() throws {
        let command = try provider.command(PodCommand(arguments: ["ls", "-l"], directory: "/workspace"), in: record)
        #expect(
            command
                == HostCommand(arguments: [
                    "docker", "exec", "--interactive", "--user", "ann", "--workdir", "/workspace", "pod", "env", "--", "ls", "-l",
                ]))
    }

    @Test("A command of root's on a terminal")
    func root() throws {
        let command = try provider.command(PodCommand(arguments: ["bash"], isRoot: true, isInteractive: true), in: record)
        #expect(
            command.arguments == ["docker", "exec", "--interactive", "--tty", "--user", "0", "pod", "env", "--", "bash"])
    }

    @Test("Variables are named in the arguments, and their values are not")
    func variables() throws {
        let request = PodCommand(arguments: ["ls"], environment: ["TERM": "xterm", "TAZPOD_ATTACH_TOKEN": "0123456789abcdef"])
        let command = try provider.command(request, in: record)
        #expect(
            command.arguments == [
                "docker", "exec", "--interactive", "--user", "ann", "--env", "TAZPOD_ATTACH_TOKEN", "--env", "TERM", "pod", "env",
                "--", "ls",
            ])
        #expect(command.environment == request.environment)
    }

    @Test(
        "A log is printed to its end, or followed",
        arguments: [(false, ["docker", "logs", "pod"]), (true, ["docker", "logs", "--follow", "pod"])])
    func logs(follow: Bool, arguments: [String]) throws {
        #expect(try provider.logs(of: record, follow: follow).arguments == arguments)
    }

    @Test("What up would do is shown as a command")
    func rendering() throws {
        let plan = try plan()
        #expect(provider.rendering(of: plan).hasPrefix("docker run --detach --pull never --name \(plan.name) "))
        #expect(provider.rendering(of: plan).hasSuffix(" tazpod-base"))
    }

    @Test("podman's commands are docker's words")
    func podman() throws {
        let request = PodCommand(arguments: ["ls"], environment: ["TERM": "xterm"], directory: "/")
        #expect(
            try rootless.command(request, in: record).arguments
                == ["podman"] + provider.command(request, in: record).arguments.dropFirst())
        #expect(try rootless.logs(of: record, follow: true).arguments == ["podman", "logs", "--follow", "pod"])
        #expect(rootless.rendering(of: try plan()).hasPrefix("podman run --detach "))
    }

    @Test("A driver that needs devices is refused where there are none", arguments: ["fuse", "dmcrypt"])
    func devices(driver: String) async throws {
        let plan = try plan("vault: {driver: \(driver)}")
        let error = await #expect(throws: Failure.self) { try await rootless.start(plan, existing: nil) }
        #expect(error?.code == .provider)
        #expect(error?.sentence.contains("driver: auto") == true)
    }
}
