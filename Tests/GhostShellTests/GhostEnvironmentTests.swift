import Contract
import Linux
import Testing

@testable import GhostShell

struct GhostEnvironmentTests {
    private func environment(terminal: [String] = []) throws -> GhostEnvironment {
        GhostEnvironment(try GhostConfiguration(account: ann) { _ in nil }, terminal.map { [UInt8]($0.utf8) })
    }

    private func variables(_ pod: [String], terminal: [String] = []) throws -> [String] {
        try environment(terminal: terminal).variables(over: pod.map { [UInt8]($0.utf8) }).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private static let own = [
        "HOME=/home/ann", "USER=ann", "LOGNAME=ann", "SHELL=/bin/zsh", "XDG_RUNTIME_DIR=/run/user/1234",
        "HISTFILE=/home/ann/secrets/.bash_history", "TAZPOD_GHOST=1",
    ]

    @Test("A ghost has the user's own variables, and its history in the vault")
    func own() throws {
        #expect(try variables([]) == GhostEnvironmentTests.own)
    }

    @Test("The pod's variables stay, but for TazPod's own, the host name and those that the ghost has itself")
    func inherited() throws {
        let pod = [
            "PATH=/bin", "EDITOR=vi", "TAZPOD_VAULT=/v", "TAZPOD_ATTACH_TOKEN=t", "TAZPOD_GHOST=0", "HOSTNAME=pod", "HOME=/root",
            "HISTFILE=/workspace/history", "HOMEBREW=1", "USERNAME=root",
        ]
        #expect(try variables(pod) == ["PATH=/bin", "EDITOR=vi", "HOMEBREW=1", "USERNAME=root"] + GhostEnvironmentTests.own)
    }

    @Test("The terminal's variables replace the pod's")
    func terminal() throws {
        let result = try variables(["TERM=dumb", "LANG=C", "PATH=/bin"], terminal: ["TERM=xterm"])
        #expect(result == ["LANG=C", "PATH=/bin"] + GhostEnvironmentTests.own + ["TERM=xterm"])
    }

    private func session(_ text: String, isFirst: Bool = false) throws -> [String] {
        let request = try GhostRequest(try #require(Message(parsing: [UInt8](text.utf8))))
        return try environment().command(request, isFirst: isFirst).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("A session is joined, or made in the workspace")
    func session() throws {
        let words = try session("attach")
        #expect(words.prefix(3) == ["tmux", "-f", "/run/tazpod/tmux.conf"])
        #expect(words.dropLast(5).suffix(6) == ["new-session", "-A", "-s", "ghost", "-c", "/workspace"])
    }

    @Test("A detached session is made where there is none, and nobody is attached")
    func detached() throws {
        let words = try session("unlock\0detach=1")
        #expect(words.prefix(4) == ["sh", "-c", "\"$@\" 2>/dev/null || exec tmux has-session -t \"=$0\"", "ghost"])
        #expect(words[4] == "tmux")
        #expect(words.dropLast(5).suffix(6) == ["new-session", "-d", "-s", "ghost", "-c", "/workspace"])
        #expect(!words.contains("-A"))
    }

    @Test("In a ghost in which nothing has run yet a detached session is made at once")
    func first() throws {
        let words = try session("unlock\0detach=1", isFirst: true)
        #expect(words.first == "tmux")
        #expect(words.dropLast(5).suffix(6) == ["new-session", "-d", "-s", "ghost", "-c", "/workspace"])
    }

    @Test("With a session the last shell's end is the ghost's, also where a command held it open before")
    func released() throws {
        let words = try session("attach")
        #expect(words.suffix(5) == [";", "if-shell", "-F", "#{@tazpod_held}", "set-option -s exit-empty on"])
    }

    @Test("A command that precedes the session is run by a shell which then holds the ghost open, and passes its status")
    func preceding() throws {
        let words = try session("unlock\0session=after\0arg=tazpod\0arg=pull", isFirst: true)
        #expect(words.prefix(2) == ["sh", "-c"])
        #expect(words.suffix(3) == ["ghost", "tazpod", "pull"])
        #expect(words[2].hasPrefix("\"$@\"; status=$?; [ -n \"$(tmux list-sessions"))
        #expect(words[2].contains("set-option -s exit-empty off"))
        #expect(words[2].hasSuffix("exit $status"))
        let request = try GhostRequest(try #require(Message(parsing: [UInt8]("unlock\0session=after\0arg=pull".utf8))))
        #expect(!request.locksAfter)
    }
}
