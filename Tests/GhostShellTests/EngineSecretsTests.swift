import CLinux
import Linux
import TestSupport
import Testing

@testable import GhostShell

struct EngineSecretsTests {
    private let folder: Folder
    private var given: String { folder.path + "/given" }
    private var own: String { folder.path + "/own" }

    init() throws {
        folder = try Folder()
        for path in [given, own] { mkdir(path, 0o755) }
    }

    private func copy(_ name: String) throws {
        let user = Account(name: "ann", uid: geteuid(), gid: getegid(), home: "/home/ann", shell: "", groups: [])
        let open = O_PATH | O_DIRECTORY
        try EngineSecrets(account: user, folder: given).copy(
            name, from: try Descriptor.open(given, open, stage: "open"), to: try Descriptor.open(own, open, stage: "open"))
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try Descriptor.open(path, O_WRONLY | O_CREAT, mode: 0o400, stage: "make").write(bytes, stage: "write")
    }

    private var names: [[UInt8]] { namesInFolder(own) ?? [] }

    @Test("A secret arrives byte for byte, to be read by its user alone")
    func bytes() throws {
        let value = (0..<EngineSecrets.longest).map { UInt8(truncatingIfNeeded: $0) }
        try write(value, to: given + "/key")
        try copy("key")
        #expect(try readFile(own + "/key", stage: "read") == value)
        var status = stat()
        #expect(stat(own + "/key", &status) == 0 && status.st_mode & 0o777 == 0o400)
    }

    @Test("As Kubernetes has it, a link to a file of the same folder is that file")
    func inner() throws {
        mkdir(given + "/..1", 0o755)
        try write([1, 2], to: given + "/..1/key")
        symlink("..1", given + "/..data")
        symlink("..data/key", given + "/key")
        try copy("key")
        #expect(try readFile(own + "/key", stage: "read") == [1, 2])
    }

    @Test("A link that leads out of the folder is not followed", arguments: ["/etc/passwd", "../outside"])
    func outer(target: String) throws {
        try write([1], to: folder.path + "/outside")
        symlink(target, given + "/key")
        try copy("key")
        #expect(names.isEmpty)
    }

    @Test("What is no file, or longer than a secret, is left out")
    func others() throws {
        mkdir(given + "/folder", 0o755)
        mkfifo(given + "/pipe", 0o600)
        try write([UInt8](repeating: 0, count: EngineSecrets.longest + 1), to: given + "/long")
        for name in ["folder", "pipe", "long", "absent"] { try copy(name) }
        #expect(names.isEmpty)
    }
}
