import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import Launcher

/// `ghost_only:`, from the file to the tool.
struct GhostOnlyTests {
    @Test("Tools are listed once each, in their order, and the pod's init is told")
    func list() throws {
        #expect(try config("ghost_only: [gemini, g.x_1-2, gemini]").ghostOnly == ["gemini", "g.x_1-2"])
        #expect(try plan("ghost_only: [a, b]").workspace.environment["TAZPOD_GHOST_ONLY"] == "a:b")
        #expect(try plan("ghost_only: []").workspace.environment["TAZPOD_GHOST_ONLY"] == nil)
    }

    @Test("What is no name of a tool is refused", arguments: ["a/b", "..", ".a", "-a", "a:b", "a b", "\"a\\tb\"", "é", "''"])
    func noName(text: String) {
        let error = #expect(throws: Failure.self) { try config("ghost_only: [\(text)]") }
        #expect(error?.code == .project)
        #expect(error?.sentence.hasPrefix("config.yaml:1:14: ghost_only must be a ") == true)
    }

    @Test(
        "What the public area is started with is refused", arguments: ["sh", "bash", "env", "tmux", "tazpod", "tazpod-init"])
    func needed(name: String) {
        let sentence =
            "config.yaml:1:14: ghost_only cannot have \(name), which the public area is started with; take it out"
        #expect(throws: Failure(.project, sentence)) { try config("ghost_only: [\(name)]") }
    }

    @Test("The gemini template latches gemini, and no other does", arguments: ProjectTemplate.Vertical.allCases)
    func template(vertical: ProjectTemplate.Vertical) throws {
        let file = try #require(ProjectTemplate(vertical: vertical).files.first { $0.path == Project.configFile })
        #expect(try config(file.text).ghostOnly == (vertical == .gemini ? ["gemini"] : []))
    }

    @Test("A command of the user is run with the latches' folder first in its PATH, one of root's is not")
    func command() throws {
        var record = PodRecord(
            name: "p", project: "p", directory: "/p", provider: "docker", state: .running, planDigest: "", user: "tazpod")
        record.environment = try plan("ghost_only: [gemini]\nenv: {A: b}").userEnvironment
        let words = UserEnvironment.command(PodCommand(arguments: ["gemini", "-x"]), in: record)
        #expect(words.prefix(4) == ["env", "--", "A=b", "TAZPOD_GHOST_ONLY=gemini"])
        #expect(
            words.dropFirst(4) == [
                "sh", "-c", "export PATH=\"/run/tazpod/ghost-only:$PATH\"; exec env -- \"$@\"", "sh", "gemini", "-x",
            ])
        #expect(UserEnvironment.command(PodCommand(arguments: ["x"], isRoot: true), in: record) == ["env", "--", "x"])
    }

    private func write(_ path: String, mode: mode_t) throws {
        _ = try Descriptor.open(path, O_WRONLY | O_CREAT, mode: mode, stage: "make \(path)")
    }

    @Test("Outside of a ghost the tool is refused; in one it is the first further along PATH that is not ours")
    func tool() throws {
        let folder = try Folder()
        for name in ["latch", "a", "b"] { mkdir("\(folder.path)/\(name)", 0o755) }
        symlink("/proc/self/exe", "\(folder.path)/latch/gemini")
        try write("\(folder.path)/a/gemini", mode: 0o644)
        try write("\(folder.path)/b/gemini", mode: 0o755)
        var variables = ["PATH": ["latch", "latch/", "none", "a", "b"].map { "\(folder.path)/\($0)" }.joined(separator: ":")]
        func tool(_ name: String) -> GhostOnlyTool {
            GhostOnlyTool(name: name, variable: { variables[$0] }, folder: "\(folder.path)/latch")
        }
        #expect(tool("gemini").isOne && !tool("other").isOne && !tool("").isOne)
        #expect(throws: Failure(.refused, "gemini works in the ghost only: run tazpod unlock")) { try tool("gemini").program() }
        variables["TAZPOD_GHOST"] = "1"
        // Root executes nothing either that has no execute bit.
        #expect(try tool("gemini").program() == "\(folder.path)/b/gemini")
        let error = #expect(throws: PassedStatus.self) { try tool("absent").program() }
        #expect(error?.status == 127)
    }
}
