import CLinux
import FoundationEssentials
import Linux

/// A new folder that is removed, with all that is in it, when this value ends.
public final class Folder {
    public let path: String

    public init() throws(SystemError) {
        var template = [CChar]("/tmp/tazpod-test.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("make a temporary folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
