import Contract
import SecretsPlan
import Testing

@testable import Launcher

struct SecretsFileTests {
    private func parse(_ text: String) throws -> PullPlan {
        try SecretsFile.parse([UInt8](text.utf8), file: "secrets.yml")
    }

    private func problem(_ text: String) -> String {
        let error = #expect(throws: Failure.self) { try parse(text) }
        #expect(error?.code == .project)
        return error?.sentence ?? ""
    }

    @Test("The seeds' file is read: Infisical is the source of a secret that names none")
    func seed() throws {
        let plan = try parse(
            """
            config: {provider: infisical, infisical_project_id: p, infisical_url: "https://secrets.example.com", environment: dev}
            secrets:
              - {name: KUBECONFIG_CONTENT, file: kubeconfig, env: KUBECONFIG}
            """)
        #expect(
            plan.items == [PullItem(name: "KUBECONFIG_CONTENT", source: .infisical, file: "kubeconfig", variable: "KUBECONFIG")])
        #expect(plan.settings[.infisical] == ["project_id": "p", "url": "https://secrets.example.com", "environment": "dev"])
    }

    @Test("Each secret may have a source of its own, with what that wants to know")
    func sources() throws {
        let plan = try parse(
            """
            config: {provider: vault, vault_url: "https://v", ca_file: ca.pem}
            secrets:
              - {name: A, path: app/db, field: password, env: A}
              - {name: B, source: command, command: [printf, x], file: b}
              - {name: C, source: podman, key: other, file: c}
            """)
        #expect(plan.items.map { $0.source } == [.vault, .command, .engine])
        #expect(plan.items[0].options == ["path": "app/db", "field": "password"])
        #expect(plan.items[1].command == ["printf", "x"])
        #expect(plan.settings[.vault] == ["url": "https://v", "ca_file": "ca.pem"])
        #expect(plan.settings[.infisical] == ["ca_file": "ca.pem"])
    }

    @Test("A file without secrets is an empty plan", arguments: ["", "secrets: []", "secrets:", "config:\nsecrets:", "# none\n"])
    func empty(text: String) throws {
        #expect(try parse(text) == PullPlan())
    }

    @Test(
        "What is wrong is said with its place, and what to write instead",
        arguments: [
            ("secrets: [{name: A}]", "1:11: A goes nowhere"),
            ("secrets: [{file: a}]", "1:11: a secret needs a name"),
            ("secrets: [{nmae: A, file: a}]", "1:12: a secret has no key nmae; write name"),
            ("secrets: [{name: A, file: a, source: floppy}]", "source must be one of infisical, vault, sops"),
            ("secrets: [{name: A, file: a, path: p, source: env}]", "the source env knows no path; it knows key"),
            ("secrets: [{name: A, file: a, source: command}]", "A needs a command"),
            ("secrets: [{name: A, file: a, command: [x]}]", "command belongs to source: command"),
            ("secrets: [{name: A, file: a, source: age}]", "A needs a path at its source age"),
            ("secrets: [{name: A, file: a}, {name: A, file: b}]", "the secret A is there twice"),
            ("secrets: [{name: A, file: a}, {name: B, file: a}]", "B and A cannot both be kept in a"),
            ("secrets: [{name: A, file: a}, {name: B, file: a/b}]", "B and A cannot both be kept in a/b"),
            ("secrets: [{name: A, env: A}, {name: B, env: A}]", "B and A both want the variable A"),
            ("secrets: [{name: A, env: LD_PRELOAD}]", "env cannot be LD_PRELOAD"),
            ("secrets: [{name: A, env: 1A}]", "env must be a variable's name"),
            ("secrets: {name: A}", "secrets must be a list"),
            ("config: {infisical_url: ftp://x}", "infisical_url must be an address like https://"),
            ("config: {infisical_ulr: x}", "config has no key infisical_ulr; write infisical_url"),
            ("secrets: [{name: A, file: a, value: x}]", "a secret's value has no place in this file"),
        ])
    func problems(text: String, expected: String) {
        let sentence = problem(text)
        #expect(sentence.contains(expected), "\(sentence)")
    }

    @Test(
        "A file that leaves the vault, or is TazPod's own, is none",
        arguments: [
            "/etc/passwd", "../a", "a/../b", "a//b", ".", ".tazpod/pulled", "lost+found/a", "a/",
            String(repeating: "a", count: 300),
        ])
    func outside(file: String) {
        #expect(problem("secrets: [{name: A, file: \"\(file)\"}]").contains("file must be a path inside the vault"))
    }

    @Test(
        "What looks like a secret is one",
        arguments: [
            "ghp_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX", "AKIAIOSFODNN7EXAMPLE", "hvs.CAESIJ0123456789abcdef",
            "-----BEGIN PRIVATE KEY-----",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "https://ann:hunter2@example.com", "glpat-0123456789abcdefghij",
            "k9Xb2LmQ8vT4nR7sW1yZ5cD3fG6hJ0pA", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        ])
    func secrets(text: String) {
        #expect(SecretShape.matches(text))
    }

    @Test(
        "Names, paths, addresses and project ids are none",
        arguments: [
            "KUBECONFIG_CONTENT", "11111111-2222-4333-8444-555555555555", "https://secrets.example.com/api/v3",
            "app/production/database-password",
            "a_rather_long_name_of_a_secret_that_somebody_gave", "op://team/npm/token", "sk-short",
            "MyVeryLongCamelCaseSecretNameForProduction2",
            "https://ann@example.com", "s3://bucket/key",
        ])
    func names(text: String) {
        #expect(!SecretShape.matches(text))
    }

    @Test("Variables that make programs run code are refused, others are not")
    func variables() {
        #expect(
            ["PATH", "LD_PRELOAD", "GIT_SSH_COMMAND", "BASH_ENV", "TAZPOD_X", "LC_ALL", "https_proxy", "ALL_PROXY"].allSatisfy {
                SecretVariable.isRefused($0)
            })
        #expect(
            ["KUBECONFIG", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "_x"].allSatisfy {
                SecretVariable.isName($0) && !SecretVariable.isRefused($0)
            })
        #expect(!["", "1A", "A-B", "A B", "Ä", "A=B"].contains { SecretVariable.isName($0) })
    }
}
