import Contract
import Testing

@testable import GhostShell

struct MaintenanceRequestTests {
    private func request(_ text: String) throws(Failure) -> MaintenanceRequest {
        guard let message = Message(parsing: [UInt8]("vault\0\(text)".utf8)) else { throw Failure(.project, "no message") }
        return try MaintenanceRequest(message)
    }

    @Test(
        "Each verb is known, and whether it takes a locked vault or root",
        arguments: [
            ("action=info", false, false), ("action=check", false, false), ("action=passwd", false, false),
            ("action=add-key", false, false), ("action=remove-key\0slot=1", false, false), ("action=recovery", false, false),
            ("action=backup\0file=descriptor", false, true), ("action=restore\0file=descriptor", true, true),
            ("action=resize\0size=67108864", true, false),
        ])
    func verbs(text: String, locked: Bool, root: Bool) throws {
        let result = try request(text)
        #expect(result.needsLockedVault == locked)
        #expect(result.isForRootOnly == root)
    }

    @Test("Some change the keys", arguments: ["passwd", "add-key", "remove-key", "recovery"])
    func changingKeys(action: String) throws {
        #expect(try request("action=\(action)").changesKeys)
        #expect(try !request("action=info").changesKeys)
        #expect(try !request("action=backup\0file=descriptor").changesKeys)
    }

    @Test(
        "What is no request, or contradicts itself, is a usage error",
        arguments: [
            "json=1", "action=", "action=format", "action=backup", "action=info\0file=descriptor", "action=resize",
            "action=resize\0size=x",
            "action=info\0size=1", "action=remove-key\0slot=32", "action=remove-key\0slot=-1", "action=remove-key\0slot=x",
            "action=passwd\0slot=1", "action=remove-key\0slot=1\0second-passphrase=file",
            "action=recovery\0second-passphrase=file",
            "action=passwd\0second-passphrase=typed",
        ])
    func wrong(text: String) {
        let error = #expect(throws: Failure.self) { try request(text) }
        #expect(error?.code == .usage)
    }

    @Test("Descriptors beside the first passphrase's are counted")
    func descriptors() throws {
        #expect(try request("action=passwd\0second-passphrase=framed").descriptorCount == 1)
        #expect(try request("action=restore\0file=descriptor").descriptorCount == 1)
        #expect(try request("action=info").descriptorCount == 0)
    }
}
