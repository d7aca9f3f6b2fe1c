import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import Launcher

struct TokenStoreTests {
    private let temporary: Folder
    private var folder: String { "\(temporary.path)/tazpod" }

    init() throws {
        temporary = try Folder()
    }

    private func store(_ name: String = "pod") throws(Failure) -> TokenStore {
        try TokenStore(podName: name, folder: folder)
    }

    private func mode(_ path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : nil
    }

    @Test("A host that never unlocked has no token")
    func none() throws {
        #expect(try store().tokens.isEmpty)
    }

    @Test("A token is 32 random bytes in hexadecimal digits")
    func form() throws {
        let token = try store().makeNext()
        #expect(token.utf8.count == 64)
        #expect(token.allSatisfy { "0123456789abcdef".contains($0) })
        #expect(try store().makeNext() != token)
    }

    @Test("The last token and the one before are kept, the newest first")
    func two() throws {
        let made = try (0..<3).map { _ in try store().makeNext() }
        #expect(try store().tokens == [made[2], made[1]])
    }

    @Test("Only the user may look at the tokens")
    func modes() throws {
        _ = try store().makeNext()
        #expect(mode(folder) == 0o700)
        #expect(mode("\(folder)/pod.token") == 0o600)
        #expect(mode("\(folder)/pod.token.new") == nil)
    }

    @Test("Each pod has tokens of its own, and forgetting one's leaves the others'")
    func pods() throws {
        let first = try store("a").makeNext()
        _ = try store("b").makeNext()
        try store("b").forget()
        #expect(try store("a").tokens == [first])
        #expect(try store("b").tokens.isEmpty)
    }

    @Test("A folder that others may enter is not used", arguments: [0o701, 0o710, 0o755, 0o777] as [mode_t])
    func openFolder(mode: mode_t) {
        #expect(mkdir(folder, 0o700) == 0)
        #expect(chmod(folder, mode) == 0)
        expectRefusal()
    }

    @Test("A link, or a file, in the folder's place is not used")
    func otherThings() throws {
        #expect(mkdir("\(temporary.path)/real", 0o700) == 0)
        #expect(symlink("real", folder) == 0)
        expectRefusal()
        #expect(unlink(folder) == 0)
        _ = try Descriptor.open(folder, O_WRONLY | O_CREAT, mode: 0o600, stage: "make a file")
        expectRefusal()
    }

    private func expectRefusal() {
        let sentence = "\(folder) is not a folder of yours alone, so no token is kept in it; remove it"
        #expect(throws: Failure(.refused, sentence)) { try store() }
    }

    @Test("A folder of somebody else's is not used", .enabled(if: Requirement.root, "needs root"))
    func otherOwner() {
        #expect(mkdir(folder, 0o700) == 0)
        #expect(chown(folder, 12_345, 12_345) == 0)
        expectRefusal()
    }

    @Test("A link in a token's place is not written through")
    func linkedToken() throws {
        let store = try store()
        #expect(symlink("elsewhere", "\(folder)/pod.token.new") == 0)
        #expect(throws: Failure.self) { try store.makeNext() }
        #expect(mode("\(folder)/elsewhere") == nil)
    }

    @Test("Tokens are kept in the user's runtime folder, or in one that is named after the user")
    func place() {
        let own = geteuid() == 0 ? "/run/tazpod-host-0" : "/tmp/tazpod-host-\(geteuid())"
        #expect(TokenStore.folder(runtime: "/run/user/1000") == "/run/user/1000/tazpod")
        #expect(TokenStore.folder(runtime: nil) == own)
        #expect(TokenStore.folder(runtime: "") == own)
        #expect(TokenStore.folder(runtime: "relative") == own)
    }
}
