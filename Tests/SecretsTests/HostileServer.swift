import CLinux
import Linux
import TestSupport

@testable import Secrets

/// Tests/Pod/hostile_server.py as a child, which ends with this value or with our process.
final class HostileServer {
    private let folder: Folder
    private let process: ChildProcess
    private let input: Descriptor
    private let facts: JSONDocument

    init() throws {
        folder = try Folder()
        let given = try Pipe()
        let printed = try Pipe()
        let script = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Pod/hostile_server.py"
        var plan = SpawnPlan(["/usr/bin/python3", script, folder.path], environment: [])
        plan.descriptors = .only([given.reading.raw, printed.writing.raw, STDERR_FILENO])
        process = ChildProcess(pid: try spawn(plan))
        input = Descriptor(owning: try given.writing.duplicate().release())
        _ = consume given
        let output = printed.keepReading()
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(output.raw, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(byte) }
        facts = try line.withUnsafeBytes { try JSONDocument($0, of: "what the server says of itself") }
    }

    deinit {
        process.end()
    }

    var authority: String { facts.root["authority"]?.text ?? "" }

    /// `path` of the server called `name`; all but "http" have certificates.
    func url(_ path: String, of name: String = "http") -> String {
        let port = facts.root[name]?.integer ?? 0
        return name == "http" ? "http://127.0.0.1:\(port)/\(path)" : "https://localhost:\(port)/\(path)"
    }

    /// Options for it: nothing takes long.
    var options: HTTPOptions {
        var options = HTTPOptions()
        options.caFile = authority
        options.connectTimeout = 2_000
        options.stallTimeout = 2_000
        options.requestTimeout = 4_000
        options.answerLimit = 1 << 20
        options.retry.firstPause = 20
        return options
    }
}
