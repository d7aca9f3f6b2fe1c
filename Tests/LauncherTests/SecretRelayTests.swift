import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import Launcher

struct SecretRelayTests {
    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(folder.path)/\(name)"
        try Descriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600, stage: "make a file").write(bytes, stage: "write")
        return path
    }

    @Test("Each passphrase has its length before it, and is byte for byte as it was given")
    func frames() throws {
        let pipe = try Pipe()
        try pipe.writing.write("typed\nnot ours\n", stage: "write")
        let key = try file("key", [0, 10, 255])
        let relayed = try SecretRelay.pipe([.line(pipe.reading.raw), .file(key)]).readAll(limit: 1000, stage: "read")
        #expect(relayed == [UInt8]("5\ntyped3\n".utf8) + [0, 10, 255])
    }

    @Test("Two of the largest key files fit, and a larger one is refused")
    func large() throws {
        let most = try file("most", [UInt8](repeating: 7, count: SecretRelay.longest))
        let relayed = try SecretRelay.pipe([.file(most), .file(most)]).readAll(limit: 1 << 20, stage: "read")
        #expect(relayed.count == 2 * (SecretRelay.longest + "16384\n".utf8.count))
        let more = try file("more", [UInt8](repeating: 7, count: SecretRelay.longest + 1))
        let error = #expect(throws: Failure.self) { _ = try SecretRelay.pipe([.file(more)]) }
        #expect(error?.code == .proof)
    }

    @Test("A key file that is not there is named")
    func missing() {
        let error = #expect(throws: Failure.self) { _ = try SecretRelay.pipe([.file("/nowhere/key")]) }
        #expect(error?.sentence.contains("/nowhere/key") == true)
    }

    @Test("A new file is for its owner, has its name when it is published, and replaces nothing unasked")
    func newFile() throws {
        let path = "\(folder.path)/backup"
        func publish(_ text: String, replaces: Bool) throws {
            let file = try NewFile.make(path, replaces: replaces)
            try file.descriptor.write(text, stage: "write")
            #expect(try readFile("/proc/self/fd/\(file.descriptor.raw)", stage: "read") == [UInt8](text.utf8))
            try file.publish()
        }
        try publish("one", replaces: false)
        let error = #expect(throws: Failure.self) { try publish("two", replaces: false) }
        #expect(error?.code == .refused)
        try publish("three", replaces: true)
        #expect(try readFile(path, stage: "read") == [UInt8]("three".utf8))
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("A new file that is not finished leaves nothing")
    func unfinished() throws {
        let path = "\(folder.path)/backup"
        do {
            let file = try NewFile.make(path, replaces: false)
            try file.descriptor.write("half", stage: "write")
        }
        #expect(access(path, F_OK) != 0 && access("\(path).\(getpid()).part", F_OK) != 0)
    }
}
