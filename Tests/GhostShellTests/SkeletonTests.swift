import CLinux
import Linux
import TestSupport
import Testing

@testable import GhostShell

struct SkeletonTests {
    private let folder: Folder
    private var skeleton: String { folder.path + "/skel" }
    private var home: String { folder.path + "/home" }

    init() throws {
        folder = try Folder()
        for path in [skeleton, home] { mkdir(path, 0o755) }
    }

    private func copy() {
        let user = Account(name: "ann", uid: geteuid(), gid: getegid(), home: home, shell: "", groups: [])
        Skeleton(account: user, source: skeleton).copy(to: home)
    }

    private func write(_ text: String, to path: String, mode: mode_t = 0o644) throws {
        try Descriptor.open(path, O_WRONLY | O_CREAT, mode: mode, stage: "make").write(text, stage: "write")
    }

    @Test("Files, folders and links of the skeleton are copied with their permissions")
    func copies() throws {
        mkdir(skeleton + "/.config", 0o755)
        try write("#!/bin/sh", to: skeleton + "/.config/run", mode: 0o750)
        symlink("/nowhere", skeleton + "/link")
        copy()
        #expect(try readFile(home + "/.config/run", stage: "read") == [UInt8]("#!/bin/sh".utf8))
        #expect(try linkTarget(home + "/link", stage: "read") == "/nowhere")
        var status = stat()
        #expect(stat(home + "/.config/run", &status) == 0 && status.st_mode & 0o777 == 0o750)
    }

    @Test("What is in the home already stays as it is")
    func keeps() throws {
        try write("theirs", to: skeleton + "/.bashrc")
        try write("mine", to: home + "/.bashrc")
        copy()
        #expect(try readFile(home + "/.bashrc", stage: "read") == [UInt8]("mine".utf8))
    }
}
