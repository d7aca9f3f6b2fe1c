import Contract
import Linux
import SecretsPlan
import Testing

@testable import Secrets

@Suite struct HashiCorpVaultTests {
    private func path(_ options: [String: String], settings: [String: String] = [:]) throws(Failure) -> HashiCorpPath {
        try HashiCorpPath(of: item("PASSWORD", .vault, options), settings: settings)
    }

    @Test func aPathIsBelowItsMountAndEscaped() throws {
        #expect(try path(["path": "app/db"]).urlText == "/v1/secret/data/app/db")
        #expect(
            try path(["path": "/a b/ü/", "version": "3"], settings: ["mount": "team/kv"]).urlText
                == "/v1/team/kv/data/a%20b/%C3%BC?version=3")
        #expect(try path(["path": "a?b#c", "mount": "own"], settings: ["mount": "kv"]).urlText == "/v1/own/data/a%3Fb%23c")
    }

    @Test(arguments: [
        ["path": ""], ["path": "/"], ["path": "../sys/health"], ["path": "a/./b"], ["path": "a", "mount": ".."],
        ["path": "a", "version": "0"],
        ["path": "a", "version": "newest"],
    ])
    func whatIsNoPathIsRefused(_ options: [String: String]) {
        #expect(code { () throws(Failure) in _ = try path(options) } == .project)
    }

    @Test func fieldsOfOnePathShareARequest() throws {
        let items = [
            item("A", .vault, ["path": "app/db"]), item("B", .vault, ["path": "app//db/", "field": "x"]),
            item("C", .vault, ["path": "app/db", "version": "1"]),
        ]
        let groups = ItemGroup.groups(try items.map { (try HashiCorpPath(of: $0, settings: [:]), $0) })
        #expect(groups.map { $0.items.map { $0.name } } == [["A", "B"], ["C"]])
        #expect(items.map { $0.hashiCorpField } == ["A", "x", "C"])
    }

    @Test func aFieldThatIsNoTextIsItsJSON() throws {
        let fields = try HashiCorpFields(
            json(#"{"data": {"data": {"text": "a\nb", "port": 5432, "on": true, "list": [1, "x"]}, "metadata": {"version": 1}}}"#)
        )
        let place = try path(["path": "app"])
        let values = try ["text", "port", "on", "list"].map { text(try fields.value($0, in: place, at: "example.com")) }
        #expect(values == ["a\nb", "5432", "true", #"[1,"x"]"#])
        #expect(code { () throws(Failure) in _ = try fields.value("none", in: place, at: "example.com") } == .project)
    }

    @Test func aBadTokenIsToldFromAPolicy() {
        let token = HashiCorpAnswer(status: 403, errors: ["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"])
        #expect(token.refusesToken && !token.forbids)
        let policy = HashiCorpAnswer(status: 403, errors: ["1 error occurred:\n\t* permission denied\n\n"])
        #expect(!policy.refusesToken && policy.forbids)
        // Older versions do not say which.
        let either = HashiCorpAnswer(status: 403, errors: ["permission denied"])
        #expect(either.refusesToken && either.forbids)
        #expect(
            HashiCorpAnswer(status: 503, errors: ["Vault is sealed"]).isSealed
                && !HashiCorpAnswer(status: 503, errors: []).isSealed)
    }
}
