import Testing

@testable import PodInit

/// Reads a command line as it stands after the program's name.
func invocation(
    _ words: [String], environment: InitEnvironment = InitEnvironment()
) throws(InitFailure) -> Invocation {
    try Invocation.parse(words.map { [UInt8]($0.utf8) }, environment: environment)
}

/// The options with which `words` run a command.
func options(_ words: [String], environment: InitEnvironment = InitEnvironment()) throws -> RunOptions {
    guard case .run(let options) = try invocation(words, environment: environment) else {
        throw InitFailure(status: -1, "nothing would be run")
    }
    return options
}

private func words(_ options: RunOptions) -> [String] {
    options.command.map { String(decoding: $0, as: UTF8.self) }
}

struct InvocationTests {
    @Test("Without arguments a workspace is supervised")
    func supervise() throws {
        #expect(try invocation([]) == .supervise)
    }

    @Test(
        "What only prints something wins over what comes after it",
        arguments: [
            (["-h"], .help), (["--help"], .help), (["--help", "ls"], .help), (["-gh", "ls"], .help), (["-s", "--help"], .help),
            (["--version"], .version), (["-v", "--version", "ls"], .version), (["-l"], .license), (["-sl"], .license),
        ] as [([String], Printed)])
    func prints(line: [String], expected: Printed) throws {
        #expect(try invocation(line) == expected.invocation)
    }

    enum Printed {
        case help, version, license

        var invocation: Invocation {
            switch self {
            case .help: .help
            case .version: .version
            case .license: .license
            }
        }
    }

    @Test("A command alone is run with tini's defaults")
    func defaults() throws {
        let result = try options(["ls"])
        #expect(words(result) == ["ls"])
        var expected = RunOptions()
        expected.command = result.command
        #expect(result == expected)
        #expect(result.verbosity == 1)
    }

    @Test(
        "Options end at the first word that is none, or after two dashes",
        arguments: [
            (["ls", "-s", "-g"], ["ls", "-s", "-g"]), (["-s", "ls", "--", "-g"], ["ls", "--", "-g"]),
            (["--", "-s"], ["-s"]), (["-s", "--", "--", "ls"], ["--", "ls"]), (["--", "ls", "--help"], ["ls", "--help"]),
            (["-"], ["-"]), ([""], [""]), (["-s", "", "x"], ["", "x"]), (["ls", "--version"], ["ls", "--version"]),
        ])
    func endOfOptions(line: [String], command: [String]) throws {
        #expect(try words(options(line)) == command)
    }

    @Test("A command's words need not be UTF-8")
    func bytes() throws {
        let line: [[UInt8]] = [[0x6c, 0x73], [0xff, 0xfe], []]
        var expected = RunOptions()
        expected.command = line
        #expect(try Invocation.parse(line, environment: InitEnvironment()) == .run(expected))
    }

    @Test(
        "The supervisor is asked whether it is ready or alive",
        arguments: [
            (["--probe", "ready"], ProbeKind.ready, 0), (["--probe", "live"], .live, 0), (["-s", "--probe", "live"], .live, 0),
            (["--probe", "ready", "--wait", "0"], .ready, 0), (["--probe", "ready", "--wait", "30"], .ready, 30),
            (["--probe", "live", "--wait", "3600"], .live, 3600),
        ])
    func probe(line: [String], kind: ProbeKind, seconds: Int) throws {
        #expect(try invocation(line) == .probe(kind, seconds: seconds))
    }

    @Test("tmux's hook asks for a session by name")
    func ensureSession() throws {
        #expect(try invocation(["--ensure-session", "main"]) == .ensureSession("main"))
    }

    @Test("A probe's kind has the name that it is asked for by", arguments: [(ProbeKind.ready, "ready"), (.live, "live")])
    func kindName(kind: ProbeKind, name: String) throws {
        #expect(kind.name == name)
        #expect(try invocation(["--probe", kind.name]) == .probe(kind, seconds: 0))
    }
}
