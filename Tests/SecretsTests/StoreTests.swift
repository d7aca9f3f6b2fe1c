import CLinux
import Contract
import Linux
import SecretsPlan
import TestSupport
import Testing

@testable import Secrets

struct StoreTests {
    private let item = PullItem(name: "A", source: .command, file: "a/b", variable: "A")

    @Test("The list of pulled secrets is read as it was written, and what a source was told is not in it")
    func index() {
        var set = PulledSet()
        #expect(PulledSet(parsing: set.encoded) == set)
        set.acceptedCommands = []
        #expect(PulledSet(parsing: set.encoded)?.acceptedCommands == [])
        set.acceptedCommands = [["printf", "%s", ""], ["x"]]
        set.set(PulledSecret(item: item, pulledAt: 17))
        set.set(PulledSecret(item: item, pulledAt: 18))
        #expect(PulledSet(parsing: set.encoded) == set)
        #expect(set.secrets.count == 1 && set["A"]?.pulledAt == 18)
    }

    @Test("A list that is none is told from an empty one")
    func damaged() {
        #expect(PulledSet(parsing: []) == PulledSet())
        #expect(PulledSet(parsing: [UInt8]("nonsense".utf8)) == nil)
        #expect(PulledSet(parsing: [UInt8]("pulled\0at=x\0\0".utf8)) == nil)
    }

    @Test("A value without a file is kept by its variable")
    func places() {
        #expect(PulledSecret.path(of: item) == "a/b")
        #expect(PulledSecret.path(of: PullItem(name: "A", source: .env, variable: "V")) == ".tazpod/env/V")
        #expect(PulledSecret.path(of: PullItem(name: "A", source: .env)) == nil)
    }

    @Test("Addresses of servers are other file names when they are other addresses")
    func servers() {
        let names = ["https://a.b", "https://a_b", "https://a.b/", "http://a.b", "https://a.b:1", "https://A.b", "https://ä.b"]
            .map {
                LoginStore.fileName($0)
            }
        #expect(Set(names).count == names.count)
        #expect(!names.contains { $0.contains("/") || $0 == "." || $0 == ".." })
    }

    @Test("A place in a file of sops is its own form, or names between dots")
    func sops() {
        #expect(SopsSource.place("password") == "[\"password\"]")
        #expect(SopsSource.place("db.users[0].name") == "[\"db\"][\"users\"][0][\"name\"]")
        #expect(SopsSource.place("[\"a\"]") == "[\"a\"]")
    }

    @Test(
        "An age is told in its largest unit",
        arguments: [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "1 h"), (200_000, "2 d"), (-5, "0 s")])
    func ages(seconds: Int64, text: String) {
        #expect(Age.text(seconds) == text)
    }

    @Test("The exit code is that of the first failure, and the summary counts what there is")
    func outcomes() {
        let failed = PullOutcome(item: item, state: .failed(Failure(.timeout, "late")), age: 90)
        let good = PullOutcome(item: item, state: .pulled, age: 0)
        #expect(PullOutcome.exitCode([good, failed]) == .timeout)
        #expect(PullOutcome.exitCode([good]) == .done)
        #expect(PullOutcome.summary([good, failed, good]) == "secrets: 2 pulled, 1 failed")
        #expect(failed.complaint == "A: late; the one pulled 1 min ago stays")
    }

    @Test("A folder that is no mounted vault is refused")
    func plainFolder() throws {
        let home = try Folder()
        #expect(mkdir("\(home.path)/secrets", 0o700) == 0)
        let error = #expect(throws: Failure.self) { _ = try VaultFolder(path: "\(home.path)/secrets", mountedIn: home.path) }
        #expect(error?.code == .refused)
    }

    @Test("Files are put in their places all at once, for this user alone, and a link leads nowhere")
    func staging() throws {
        let home = try Folder()
        let vault = try VaultFolder(path: home.path, mountedIn: nil)
        let staging = try Staging(vault)
        var value = try SecretBuffer.make(capacity: 3)
        value.fill { target in
            target.copyBytes(from: [1, 0, 2])
            return 3
        }
        #expect(try staging.add(value, to: "deep/er/file"))
        #expect(access("\(home.path)/deep/er/file", F_OK) != 0)
        try staging.commit()
        #expect(try readFile("\(home.path)/deep/er/file", stage: "read") == [1, 0, 2])
        #expect(try !staging.add(value, to: "deep/er/file"))
        var status = stat()
        #expect(stat("\(home.path)/deep/er/file", &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(symlink("/tmp", "\(home.path)/link") == 0)
        let error = #expect(throws: Failure.self) { try staging.add(value, to: "link/file") }
        #expect(error?.code == .refused)
        #expect(throws: Failure.self) { try staging.add(value, to: "deep") }
    }
}
