import CLinux
import Contract
import FoundationEssentials
import Linux

/// A folder of ours alone, that goes with this value.
final class TemporaryFolder {
    let path: String

    init() throws(Failure) {
        var name = Array("\(environmentValue("TMPDIR") ?? "/tmp")/tazpod-build.XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw Failure(.provider, SystemError.last("make a temporary folder")) }
        path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ text: String, as name: String) throws(Failure) {
        try failing(.provider) { () throws(SystemError) in
            try Descriptor.open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644, stage: "write \(name)")
                .write(text, stage: "write \(name)")
        }
    }
}
