import CLinux
import Linux
import TestSupport
import Testing

@testable import Launcher

private let line = "Include tazpod.d/*.conf"

struct SSHConfigFileTests {
    @Test(
        "The line comes first, whatever is there",
        arguments: [
            ("", "\(line)\n"), ("Host *\n", "\(line)\n\nHost *\n"), ("# Include tazpod.d/*.conf", "\(line)\n\n# \(line)"),
            ("Include other/*.conf\n", "\(line)\n\nInclude other/*.conf\n"),
        ])
    func added(before: String, after: String) {
        #expect(SSHConfigFile.including(before) == after)
    }

    @Test(
        "Where it is there in any of its forms, nothing is added",
        arguments: [
            "\(line)\n", "Host a\n\ninclude ~/.ssh/tazpod.d/*.conf\n", "INCLUDE=tazpod.d/*.conf",
            "Include a.conf tazpod.d/*.conf",
        ])
    func there(text: String) {
        #expect(SSHConfigFile.including(text) == nil)
    }

    @Test("A written entry is its owner's alone, and replaces the one before")
    func written() throws {
        let temporary = try Folder()
        let file = SSHConfigFile(host: "pod", folder: "\(temporary.path)/.ssh")
        try file.write("one")
        try file.write("two")
        #expect(try readFile(file.path, stage: "read") == [UInt8]("two".utf8))
        var status = stat()
        #expect(stat(file.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        file.remove()
        #expect(access(file.path, F_OK) != 0)
    }
}
