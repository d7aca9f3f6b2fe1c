import CLinux
import Linux
import TestSupport

@testable import Secrets

/// Tests/Pod/Support/hostile_server.py as a child, which ends with this value or with our process.
final class HostileServer {
    private let folder: Folder
    private let process: ChildProcess
    private var input: Descriptor?
    private let facts: JSONDocument

    init() throws {
        folder = try Folder()
        let given = try Pipe()
        let printed = try Pipe()
        let script = #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Pod/Support/hostile_server.py"
        var plan = SpawnPlan(
            ["/usr/bin/python3", script, folder.path], environment: [[UInt8]("PATH=/usr/sbin:/usr/bin:/sbin:/bin".utf8)])
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
        input = nil
        if process.wait(milliseconds: 5_000) == nil { process.end() }
    }

    /// Of the server called `name`; 0 when it is not there.
    func port(of name: String) -> Int64 { facts.root[name]?.integer ?? 0 }

    var authority: String { facts.root["authority"]?.text ?? "" }

    /// `path` of the server called `name`; all but "http" have certificates.
    func url(_ path: String, of name: String = "http") -> String {
        let port = port(of: name)
        return name == "http" ? "http://127.0.0.1:\(port)/\(path)" : "https://localhost:\(port)/\(path)"
    }

    /// Options for it: nothing takes long.
    var options: HTTPOptions {
        var options = HTTPOptions()
        options.caFile = authority
        options.stallTimeout = 2_000
        options.answerLimit = 1 << 20
        options.retry.firstPause = 20
        return options
    }
}
