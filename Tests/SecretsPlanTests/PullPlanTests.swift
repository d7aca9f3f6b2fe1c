import Testing

@testable import SecretsPlan

@Suite struct PullPlanTests {
    private let plan = PullPlan(
        settings: [.vault: ["url": "https://vault.example", "mount": "kv=2"], .infisical: ["environment": "dev"]],
        items: [
            PullItem(name: "KUBECONFIG_CONTENT", source: .infisical, file: "kubeconfig", variable: "KUBECONFIG"),
            PullItem(name: "T", source: .command, variable: "T", command: ["printf", "%s\n", "", "ü"]),
            PullItem(name: "D", source: .vault, file: "d", options: ["path": "app/db", "field": "password"]),
        ])

    @Test func aPlanArrivesAsItWasSent() {
        #expect(PullPlan(parsing: plan.encoded) == plan)
    }

    @Test func anEmptyPlanArrivesAsOne() {
        #expect(PullPlan(parsing: []) == PullPlan())
    }

    @Test func whatIsCutShortIsNoPlan() {
        for length in 1..<plan.encoded.count {
            let parsed = PullPlan(parsing: Array(plan.encoded.prefix(length)))
            #expect(parsed == nil || parsed != plan)
        }
        #expect(PullPlan(parsing: Array(plan.encoded.dropLast(2))) == nil)
    }

    @Test func aSourceOfNoKnownNameIsNoPlan() {
        var bytes = [UInt8]("item".utf8) + [0] + [UInt8]("name=A".utf8)
        bytes += [0] + [UInt8]("source=floppy".utf8) + [0, 0]
        #expect(PullPlan(parsing: bytes) == nil)
    }

    @Test func anEngineIsCalledByEachOfItsNames() {
        #expect(
            ["podman", "docker", "kubernetes", "engine"].map { SecretSourceName(word: $0) } == [
                .engine, .engine, .engine, .engine,
            ])
        #expect(SecretSourceName(word: "floppy") == nil)
    }
}
