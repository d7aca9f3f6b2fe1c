import Contract
import Linux
import Testing

@testable import GhostShell

struct EnclavePlanTests {
    private func plan(bridges: [String] = []) throws(Failure) -> EnclavePlan {
        try EnclavePlan(account: ann, project: "web", bridges: bridges, allowedCalls: [])
    }

    @Test("An enclave is built in this order, the vault last")
    func steps() throws {
        let plan = try plan(bridges: [".infisical"])
        #expect(
            plan.steps == [
                .hostname("web-ghost"),
                .privatePropagation,
                .temporary(path: "/home/ann", mode: "0700", owner: ann),
                .skeleton(home: "/home/ann"),
                .temporary(path: "/tmp", mode: "1777", owner: nil),
                .temporary(path: "/var/tmp", mode: "1777", owner: nil),
                .temporary(path: "/dev/shm", mode: "1777", owner: nil),
                .temporary(path: "/run/user/1234", mode: "0700", owner: ann),
                .engineSecrets(folder: "/run/secrets"),
                .messageQueues,
                .terminals,
                .processes,
            ])
        #expect(plan.vaultSteps == [.vault(path: "/home/ann/secrets"), .bridge(".infisical")])
    }

    @Test("Nothing is mounted before the enclave's mounts are private")
    func privateFirst() throws {
        let steps = try plan(bridges: ["a"]).steps
        let index = try #require(steps.firstIndex(of: .privatePropagation))
        #expect(steps[..<index] == [.hostname("web-ghost")])
    }

    @Test(
        "Bridges come in the order of the project, after the vault",
        arguments: [[], ["b"], ["b", "a/c", ".d", "secrets2", "a..b", "..."]])
    func bridges(names: [String]) throws {
        let expected = names.map { EnclavePlan.Step.bridge($0) }
        #expect(try plan(bridges: names).vaultSteps == [.vault(path: "/home/ann/secrets")] + expected)
    }

    @Test(
        "A bridge that would leave the vault or the home, or cover the vault, is refused",
        arguments: ["", "/", "/etc", "..", "../x", "a/..", "a/../b", ".", "./a", "a/.", "a//b", "a/", "secrets", "secrets/x"])
    func badBridge(name: String) {
        let sentence = "the bridge \(name) is not a name inside the vault; give a relative path without .."
        #expect(throws: Failure(.project, sentence)) { try plan(bridges: ["good", name]) }
    }

    @Test("The user's own places are named by home and uid")
    func places() {
        #expect(EnclavePlan.vaultPath(of: ann) == "/home/ann/secrets")
        #expect(EnclavePlan.runtimeDirectory(of: ann) == "/run/user/1234")
    }
}
