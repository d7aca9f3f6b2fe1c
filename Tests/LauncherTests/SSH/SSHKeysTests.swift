import CLinux
import Contract
import Linux
import Logging
import TestSupport
import Testing

@testable import Launcher

struct SSHKeysTests {
    private let temporary: Folder
    private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private var keys: SSHKeys { SSHKeys(folder: "\(temporary.path)/ssh/pod") }

    init() throws {
        temporary = try Folder()
    }

    private func text(_ path: String) throws -> String {
        String(decoding: try readFile(path, stage: "read \(path)"), as: UTF8.self)
    }

    @Test("Keys are made once, are their owner's alone, and the host's is pinned under the pod's name")
    func made() throws {
        try keys.make(for: "pod", log: log)
        let first = try text(keys.key)
        try keys.make(for: "pod", log: log)
        #expect(try text(keys.key) == first)
        #expect(try text(keys.hostKey) != first)
        for file in [keys.key, keys.hostKey, keys.knownHosts] {
            var status = stat()
            #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
        let published = try text("\(keys.hostKey).pub").split(separator: " ")
        #expect(try text(keys.knownHosts) == "pod \(published[0]) \(published[1])\n")
        #expect(namesInFolder("\(temporary.path)/ssh")?.count == 1)
    }

    @Test("Keys that are not complete are not used, nor made again behind one's back")
    func incomplete() throws {
        try keys.make(for: "pod", log: log)
        unlink(keys.hostKey)
        #expect(throws: Failure.self) { try keys.make(for: "pod", log: log) }
        keys.remove()
        #expect(throws: Never.self) { try keys.make(for: "pod", log: log) }
    }
}
