import Testing

@testable import Launcher

/// Facts of a machine on which all is well, natively.
func goodFacts(_ text: String = "") throws -> DoctorFacts {
    var facts = DoctorFacts(config: try config(text), wanted: .auto, chosen: .native)
    facts.native.bubblewrap = "bubblewrap 0.8.0"
    facts.image = .programs(missing: [])
    facts.host.kernel = "6.1.0-28-amd64"
    facts.host.userNamespaces = 15_000
    return facts
}

struct ProviderCheckTests {
    private func findings(_ change: (inout DoctorFacts) -> Void) throws -> [String] {
        var facts = try goodFacts()
        change(&facts)
        return ProviderCheck.findings(facts).map { ($0.needed ? "needed " : "") + $0.line(inColour: false) }
    }

    private let engine = EngineAnswer.answers(EngineAnswer.Engine(version: "20.10.24"))

    @Test("Without an engine native is used, and that is said of each of the others")
    func native() throws {
        #expect(
            try findings { _ in } == [
                "– provider docker: there is no docker on this machine; native is used",
                "– provider podman: there is no podman on this machine; native is used",
                "✓ provider native: runs pods with bubblewrap 0.8.0, as root",
            ])
    }

    @Test("An engine that answers and is chosen is fine, and rootless is said")
    func docker() throws {
        let rootless = EngineAnswer.answers(EngineAnswer.Engine(version: "27.1", isRootless: true))
        let change = { (facts: inout DoctorFacts) in facts.chosen = .docker }
        #expect(
            try findings {
                change(&$0)
                $0.docker = engine
            }.first == "✓ provider docker: docker 20.10.24 answers")
        #expect(
            try findings {
                change(&$0)
                $0.docker = rootless
            }.first == "✓ provider docker: docker 27.1 answers, rootless")
        #expect(try findings(change).last == "– provider native: docker is used")
    }

    @Test(
        "An engine that was asked for and is not there is in the way",
        arguments: [
            (EngineAnswer.notInstalled, "there is no docker on this machine; sudo apt-get install docker.io"),
            (
                .failed("no daemon"),
                "docker does not answer (no daemon); start it (sudo systemctl start docker), or write provider: native"
            ),
            (
                .silent(seconds: 5),
                """
                docker is there and gave no answer within 5 seconds; restart it (sudo systemctl restart docker), or correct \
                DOCKER_HOST or its context
                """
            ),
        ])
    func missing(answer: EngineAnswer, sentence: String) throws {
        let line = try findings {
            $0.chosen = .docker
            $0.docker = answer
        }.first
        #expect(line == "needed ✗ provider docker: \(sentence)")
    }

    @Test("A docker that hangs is in the way of native too, because every verb looks for the pod there")
    func silent() throws {
        let lines = try findings {
            $0.docker = .silent(seconds: 5)
            $0.podman = .silent(seconds: 5)
        }
        #expect(lines[0].hasPrefix("needed ✗ provider docker: docker is there and gave no answer within 5 seconds"))
        #expect(lines[1] == "– provider podman: podman is there and gave no answer within 5 seconds; native is used")
    }

    @Test("An engine that answers where another is used does not matter, nor does one that does not")
    func others() throws {
        let lines = try findings {
            $0.docker = .failed("no daemon")
            $0.podman = .installed(version: "4.3.1")
        }
        #expect(lines[0] == "– provider docker: docker does not answer (no daemon); native is used")
        #expect(lines[1] == "– provider podman: podman 4.3.1 is installed; native is used")
        #expect(try findings { $0.docker = engine }.first == "– provider docker: docker 20.10.24 answers; native is used")
    }

    @Test("podman has no daemon to start, and may be rootless")
    func podman() throws {
        let line = { (answer: EngineAnswer) in
            try findings {
                $0.chosen = .podman
                $0.podman = answer
            }[1]
        }
        #expect(
            try line(.answers(EngineAnswer.Engine(version: "4.3.1", isRootless: true)))
                == "✓ provider podman: podman 4.3.1 answers, rootless")
        #expect(try line(.failed("no runtime")).hasSuffix("podman info says more; mend it, or write provider: native"))
        #expect(try line(.notInstalled).hasSuffix("sudo apt-get install podman"))
        #expect(try line(.silent(seconds: 5)).contains("CONTAINER_HOST"))
    }

    @Test("A provider that this version does not have is in the way only of who asks for it")
    func unknown() throws {
        let lines = try findings {
            $0.wanted = .kubernetes
            $0.chosen = .kubernetes
            $0.missingProviders[.kubernetes] = "this version has no kubernetes provider"
        }
        #expect(lines.last == "needed ✗ provider kubernetes: this version has no kubernetes provider")
    }

    @Test("What native lacks is named with the packages that have it")
    func programs() throws {
        let lines = try findings {
            $0.native.missingPrograms = [
                NativeFacts.MissingProgram(name: "bwrap", package: "bubblewrap"),
                NativeFacts.MissingProgram(name: "nsenter", package: "util-linux"),
                NativeFacts.MissingProgram(name: "setpriv", package: "util-linux"),
            ]
        }
        #expect(
            lines.last == """
                needed ✗ provider native: there is no bwrap, no nsenter, no setpriv on this machine, and without it no pod can be \
                built; sudo apt-get install bubblewrap util-linux
                """)
    }
}
