import Contract
import Linux
import SecretsPlan
import Testing

@testable import Secrets

@Suite struct InfisicalTests {
    private let folder = InfisicalFolder(project: "p", environment: "dev", path: "/app")

    private func list(_ text: String) throws -> InfisicalList {
        try InfisicalList(json(text))
    }

    private func value(_ name: String, _ list: InfisicalList) throws -> String {
        text(try list.value(name, in: folder, at: "example.com"))
    }

    // MARK: - Precedence

    @Test func theFoldersOwnSecretsGoBeforeImportedOnesAndTheLastImportWins() throws {
        let list = try list(
            """
            {"secrets": [{"secretKey": "A", "type": "shared", "secretValue": "own"}],
             "imports": [
               {"secretPath": "/one", "environment": "dev", "secrets": [
                 {"secretKey": "A", "type": "shared", "secretValue": "one"}, {"secretKey": "B", "type": "shared", "secretValue": "one"},
                 {"secretKey": "C", "type": "shared", "secretValue": "one"}]},
               {"secretPath": "/two", "environment": "prod", "secrets": [{"secretKey": "B", "type": "shared", "secretValue": "two"}]}]}
            """)
        #expect(try ["A", "B", "C"].map { try value($0, list) } == ["own", "two", "one"])
    }

    @Test func aPersonsOwnValueGoesBeforeEverybodysInWhateverOrder() throws {
        for order in [["personal", "shared"], ["shared", "personal"]] {
            let entries = order.map { #"{"secretKey": "A", "type": "\#($0)", "secretValue": "\#($0)"}"# }.joined(separator: ",")
            #expect(try value("A", list(#"{"secrets": [\#(entries)]}"#)) == "personal")
        }
    }

    @Test func aSecretThatIsNotThereIsNamedWithItsPlace() throws {
        let list = try list(#"{"secrets": [], "imports": []}"#)
        #expect(code { () throws(Failure) in _ = try list.value("A", in: folder, at: "example.com") } == .project)
        #expect(
            sentence { () throws(Failure) in _ = try list.value("A", in: folder, at: "example.com") }?
                .hasPrefix("there is no A in /app of dev at example.com; ") == true)
    }

    @Test func aValueThatIsHiddenIsNotTakenForTheSecret() throws {
        let list = try list(
            #"{"secrets": [{"secretKey": "A", "type": "shared", "secretValue": "<hidden-by-infisical>", "secretValueHidden": true}]}"#
        )
        #expect(code { () throws(Failure) in _ = try list.value("A", in: folder, at: "example.com") } == .proof)
    }

    @Test func anAnswerWithoutSecretsIsNoList() throws {
        for answer in try [json(#"{"message": "hello"}"#), json(#"{"secrets": "hello"}"#), json("[]")] {
            #expect(code { () throws(Failure) in _ = try InfisicalList(answer) } == .provider)
        }
    }

    // MARK: - Folders

    @Test func anItemSaysWhatTheFileDoesNotSayForAll() throws {
        let settings = ["project_id": "p", "environment": "staging", "path": "app/"]
        #expect(
            try InfisicalFolder(of: item("A", .infisical), settings: settings)
                == InfisicalFolder(project: "p", environment: "staging", path: "/app"))
        let own = item("A", .infisical, ["project_id": "q", "environment": "prod", "path": "/", "key": "B"])
        #expect(try InfisicalFolder(of: own, settings: settings) == InfisicalFolder(project: "q", environment: "prod", path: "/"))
        #expect(own.infisicalKey == "B" && item("A", .infisical).infisicalKey == "A")
        #expect(try InfisicalFolder(of: item("A", .infisical), settings: ["project_id": "p"]).environment == "dev")
        #expect(code { () throws(Failure) in _ = try InfisicalFolder(of: item("A", .infisical), settings: [:]) } == .project)
    }

    @Test func itemsOfOneFolderShareARequest() throws {
        let items = [item("A", .infisical), item("B", .infisical, ["path": "/x"]), item("C", .infisical, ["path": "/"])]
        let groups = ItemGroup.groups(try items.map { (try InfisicalFolder(of: $0, settings: ["project_id": "p"]), $0) })
        #expect(groups.map { $0.items.map { $0.name } } == [["A", "C"], ["B"]])
    }

    // MARK: - Refusals

    @Test(arguments: [
        (401, "UnauthorizedError", "No identity access token found", InfisicalRefusal.token),
        (403, "TokenError", "Your token has expired. Please re-authenticate.", .token),
        (404, "NotFound", "Service token with not found", .token), (403, "PermissionDenied", "You are not allowed", .permission),
        (403, "Identity is not a member of the specified project", "You are not allowed to access this resource", .permission),
        (404, "NotFound", "Project with ID 'p' not found", .project), (404, "Not Found", "Route GET:/api not found", .address),
        (400, "BadRequest", "Missing environment", .other), (422, "ValidationFailure", "", .other),
    ])
    func aTokenThatIsOverIsToldFromAMissingPermission(
        _ status: Int, _ error: String, _ message: String, _ refusal: InfisicalRefusal
    ) {
        #expect(InfisicalRefusal(status: status, error: error, message: message) == refusal)
    }

    // MARK: - Addresses, and the program

    @Test func anAddressMayHaveTheAPIsPath() {
        let written = ["https://a.example", "https://a.example/", "https://a.example/api", "https://a.example/api/"]
        #expect(Set(written.map { InfisicalServer.address($0) }) == ["https://a.example"])
    }

    @Test func theProgramIsAskedOnlyAboutTheServerThatItIsLoggedInTo() throws {
        let own = try json(#"{"loggedInUserEmail": "a@b.c", "LoggedInUserDomain": "https://own.example/api"}"#)
        #expect(InfisicalProgram.isLoggedIn(own, server: "https://own.example"))
        #expect(!InfisicalProgram.isLoggedIn(own, server: "https://app.infisical.com"))
        let cloud = try json(#"{"loggedInUserEmail": "a@b.c"}"#)
        #expect(InfisicalProgram.isLoggedIn(cloud, server: "https://app.infisical.com"))
        #expect(try !InfisicalProgram.isLoggedIn(json(#"{"loggedInUserEmail": ""}"#), server: "https://app.infisical.com"))
    }
}
