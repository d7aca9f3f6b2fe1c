import Logging
import Testing

@testable import Launcher

struct HostCommandTests {
    @Test(
        "A command is shown as a person would type it",
        arguments: [
            (["docker", "ps"], "docker ps"), (["a", ""], "a ''"), (["a", "b c"], "a 'b c'"), (["a", "$HOME"], "a '$HOME'"),
            (["a", "it's"], "a 'it'\\''s'"), (["a", "b;c"], "a 'b;c'"), (["a", "x=/y:z,@%+-_.1"], "a x=/y:z,@%+-_.1"),
            (["a", "*"], "a '*'"),
        ])
    func description(arguments: [String], expected: String) {
        #expect(HostCommand(arguments: arguments).description == expected)
    }

    @Test(
        "What a shell reads of a shown command are its arguments",
        arguments: ["it's", "a\"b", "$(id)", "`id`", "\\", "'", "a\nb", "~", "é"])
    func shell(word: String) async throws {
        let command = HostCommand(arguments: ["printf", "%s", word])
        let result = try await HostCommand(arguments: ["sh", "-c", command.description]).run(log: quiet)
        #expect(result.output == word)
    }

    private var quiet: Logger { Logger(label: "test") { _ in ConsoleLogHandler(logLevel: .critical) } }

    @Test("A command's status, output and errors come back, and there is nothing for it to read")
    func run() async throws {
        let command = HostCommand(arguments: ["sh", "-c", "cat; echo said; echo wrong >&2; exit 3"])
        let result = try await command.run(log: quiet)
        #expect(result.status == 3)
        #expect(result.output == "said\n")
        #expect(result.complaint == "wrong")
    }

    @Test("A command that a signal ended has a shell's status")
    func signaled() async throws {
        #expect(try await HostCommand(arguments: ["sh", "-c", "kill -TERM $$"]).run(log: quiet).status == 143)
    }

    @Test("A command's own variables come over ours, or in their place")
    func environment() async throws {
        let script = ["sh", "-c", "echo ${PATH:+path} $A"]
        let over = try await HostCommand(arguments: script, environment: ["A": "1"]).run(log: quiet)
        #expect(over.output == "path 1\n")
        let only = try await HostCommand(
            arguments: ["env"], environment: ["A": "1"], onlyEnvironment: ["A": "0", "PATH": "/usr/bin:/bin"]
        ).run(log: quiet)
        #expect(only.output.split(separator: "\n").sorted() == ["A=1", "PATH=/usr/bin:/bin"])
    }

    @Test(
        "What a tool complained of is its last line",
        arguments: [
            ("a\nb\n", "b"), ("a", "a"), ("", "it said nothing"), ("\n", "it said nothing"), ("Error: b", "b"),
            ("docker: b\n\nRun 'docker run --help' for more information\n", "b"),
            ("docker: b.\nSee 'docker run --help'.\n", "b."),
        ])
    func complaint(errors: String, expected: String) {
        #expect(CommandOutput(status: 1, output: "", errors: errors).complaint == expected)
    }
}
