import CLinux
import Testing

@testable import PodInit

struct ServiceFileTests {
    private func name(_ text: String) throws -> Name {
        try #require(Name([UInt8](text.utf8)))
    }

    private func parse(_ text: String) throws -> ServicePlan {
        try ServiceFile.parse([UInt8](text.utf8), name: try name("web"))
    }

    private func words(_ texts: String...) -> [[UInt8]] {
        texts.map { [UInt8]($0.utf8) }
    }

    @Test("A file with only a command has every default")
    func defaults() throws {
        let plan = try parse("exec = /bin/web --port 80\n")
        #expect(plan.command == words("/bin/web", "--port", "80"))
        #expect(plan.restart == .always)
        #expect(plan.backoff == BackoffPolicy(firstMilliseconds: 250, ceilingMilliseconds: 60_000))
        #expect(plan.stopSignal == SIGTERM)
        #expect(plan.stopMilliseconds == 10_000)
        #expect(plan.readiness == .started)
        #expect(plan.user == nil && plan.directory == nil && plan.environmentFile == nil)
        #expect(plan.after.isEmpty && plan.required.isEmpty)
    }

    @Test("Every key is read, with blanks and comments around it")
    func everyKey() throws {
        let plan = try parse(
            """
            # the web
              exec=sh -c 'echo "a b"'
            user = nobody

            directory = /srv
            env-file = /etc/web
            restart = on-failure
            backoff = 500ms 1m
            stop-signal = SIGINT
            stop-timeout = 3
            ready = tcp 8080
            after = a b
            required = c
            """)
        #expect(plan.command == words("sh", "-c", "echo \"a b\""))
        #expect(plan.user == [UInt8]("nobody".utf8))
        #expect(plan.directory == [UInt8]("/srv".utf8))
        #expect(plan.environmentFile == [UInt8]("/etc/web".utf8))
        #expect(plan.restart == .onFailure)
        #expect(plan.backoff == BackoffPolicy(firstMilliseconds: 500, ceilingMilliseconds: 60_000))
        #expect(plan.stopSignal == SIGINT)
        #expect(plan.stopMilliseconds == 3_000)
        #expect(plan.readiness == .tcp(port: 8080))
        #expect(plan.after == [try name("a"), try name("b")])
        #expect(plan.required == [try name("c")])
    }

    @Test("Every form of readiness is read")
    func readiness() throws {
        #expect(try parse("exec = a\nready = fd").readiness == .descriptor)
        #expect(try parse("exec = a\nready = notify").readiness == .notify)
        #expect(try parse("exec = a\nready = socket /run/s").readiness == .socket(path: [UInt8]("/run/s".utf8)))
        #expect(try parse("exec = a\nready = exec test -e /x").readiness == .command(words("test", "-e", "/x")))
    }

    @Test(
        "What is wrong is named with its line",
        arguments: [
            ("exec = a\nexec = b", 2), ("what = a", 1), ("exec", 1), ("exec = 'a", 1), ("exec = a\nready = fd 3", 2),
            ("exec = a\nready = tcp 0", 2), ("exec = a\nready = socket s", 2), ("exec = a\nrestart = no", 2),
            ("exec = a\n\n# x\nstop-timeout = 25h", 4), ("exec = a\nbackoff = 1s 2s 3s", 2), ("exec = a\nafter = a/b", 2),
            ("exec = a\0b", 1), ("", 0), ("# nothing", 0), ("exec = a\nstop-signal = 99", 2),
        ])
    func wrong(text: String, line: Int) {
        let error = #expect(throws: ServiceFileError.self) { try parse(text) }
        #expect(error?.line == line)
    }

    @Test(
        "A time is a number and its unit, up to a day",
        arguments: [
            ("5", 5_000), ("500ms", 500), ("10s", 10_000), ("2m", 120_000), ("24h", 86_400_000), ("0", 0), ("25h", nil),
            ("", nil),
            ("s", nil), ("5 s", nil), ("-1s", nil), ("9223372036854775807h", nil), ("99999999999999999999", nil), ("5d", nil),
        ] as [(String, Int64?)])
    func times(text: String, milliseconds: Int64?) {
        #expect(Duration.milliseconds([UInt8](text.utf8)) == milliseconds)
    }

    @Test(
        "Words are split as a shell would",
        arguments: [
            ("a  b\tc", ["a", "b", "c"]), ("'a b' \"c d\"", ["a b", "c d"]), ("a\\ b", ["a b"]), ("'' x", ["", "x"]),
            ("a'b'\"c\"", ["abc"]), ("\"a\\\"b\"", ["a\"b"]), ("'a\\b'", ["a\\b"]), ("", []), ("'open", nil), ("end\\", nil),
        ] as [(String, [String]?)])
    func splitting(text: String, expected: [String]?) {
        #expect(CommandWords.split(text.utf8) == expected.map { $0.map { [UInt8]($0.utf8) } })
    }

    @Test(
        "A name is a file's name that nothing else can be read into",
        arguments: [
            ("web", true), ("a.b_c-9", true), (String(repeating: "x", count: 64), true),
            (String(repeating: "x", count: 65), false),
            ("", false), (".hidden", false), ("-x", false), ("a/b", false), ("a b", false), ("ä", false),
        ])
    func names(text: String, isName: Bool) {
        #expect((Name([UInt8](text.utf8)) != nil) == isName)
    }
}
