import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import GhostShell

struct VaultImageTests {
    private let folder: Folder
    private var path: String { "\(folder.path)/vault.img" }

    init() throws {
        folder = try Folder()
    }

    private func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    private func makeFile(_ path: String, _ text: String = "image") throws {
        try Descriptor.open(path, O_WRONLY | O_CREAT, mode: 0o600, stage: "make a file").write(text, stage: "write")
    }

    private func failure(_ path: String) -> Failure? {
        do throws(Failure) {
            _ = try VaultImage.open(path: path, newSize: 4096)
            return nil
        } catch {
            return error
        }
    }

    @Test("A new image has its size, the owner's rights alone, and no name before it is published")
    func new() throws {
        let image = try VaultImage.open(path: path, newSize: 1 << 20)
        let isNew = image.isNew
        #expect(isNew)
        #expect(size(path) == nil)
        #expect(size(path + ".new") == 1 << 20)
        var status = stat()
        #expect(fstat(image.descriptor.raw, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        try image.publish()
        #expect(size(path) == 1 << 20)
        #expect(size(path + ".new") == nil)
        image.discardIfUnpublished()
        #expect(size(path) == 1 << 20)
    }

    @Test("A new image belongs to whom its folder belongs to", .enabled(if: Requirement.root, "needs root"))
    func owner() throws {
        chown(folder.path, 4321, 4322)
        let image = try VaultImage.open(path: path, newSize: 4096)
        var status = stat()
        #expect(fstat(image.descriptor.raw, &status) == 0)
        #expect(status.st_uid == 4321 && status.st_gid == 4322)
    }

    @Test("A new image that is not wanted leaves nothing")
    func discarded() throws {
        let image = try VaultImage.open(path: path, newSize: 4096)
        image.discardIfUnpublished()
        #expect(size(path) == nil)
        #expect(size(path + ".new") == nil)
        _ = consume image
    }

    @Test("What a crash left of a new image is begun anew")
    func leftover() throws {
        try makeFile(path + ".new", "left over")
        let image = try VaultImage.open(path: path, newSize: 16)
        var bytes = [UInt8](repeating: 1, count: 20)
        #expect(pread(image.descriptor.raw, &bytes, 20, 0) == 16)
        #expect(bytes.prefix(16).allSatisfy { $0 == 0 })
    }

    @Test("An image that came meanwhile is not replaced by a new one")
    func publishedTwice() throws {
        let image = try VaultImage.open(path: path, newSize: 4096)
        try makeFile(path, "somebody else's")
        #expect(throws: Failure(.vault, "cannot give the new vault its name: File exists")) { try image.publish() }
        #expect(try readFile(path, stage: "read") == [UInt8]("somebody else's".utf8))
        _ = consume image
    }

    @Test("An image that is there is opened as it is")
    func existing() throws {
        try makeFile(path)
        let image = try VaultImage.open(path: path, newSize: 1 << 20)
        let isNew = image.isNew
        #expect(!isNew)
        image.discardIfUnpublished()
        #expect(try readFile(path, stage: "read") == [UInt8]("image".utf8))
    }

    @Test("An image is open once at a time, whether it is new or not", arguments: [false, true])
    func locked(exists: Bool) throws {
        if exists { try makeFile(path) }
        let first = try VaultImage.open(path: path, newSize: 4096)
        #expect(failure(path) == Failure(.vault, "the vault is open elsewhere, so it cannot be opened here; lock it there first"))
        _ = consume first
        #expect(failure(path) == nil)
    }

    @Test("An image that another program locked is not opened")
    func flocked() throws {
        try makeFile(path)
        let other = try Descriptor.open(path, O_RDWR, stage: "open")
        #expect(flock(other.raw, LOCK_SH) == 0)
        #expect(
            failure(path)
                == Failure(.vault, "another program (cryptsetup?) is using the vault's image; try again when it is done"))
        _ = consume other
        #expect(failure(path) == nil)
    }

    @Test("While an image is open, libcryptsetup can still take the lock of its own")
    func flockLeftFree() throws {
        try makeFile(path)
        let image = try VaultImage.open(path: path, newSize: 4096)
        let library = try Descriptor.open(path, O_RDWR, stage: "open")
        #expect(flock(library.raw, LOCK_EX | LOCK_NB) == 0)
        _ = consume library
        _ = consume image
    }

    @Test("A link in the image's place is not followed")
    func link() throws {
        try makeFile("\(folder.path)/target")
        #expect(symlink("target", path) == 0)
        let failure = failure(path)
        #expect(failure?.code == .refused)
        #expect(failure?.sentence.contains("is a symbolic link") == true)
        #expect(size("\(folder.path)/target") == 5)
    }

    @Test("A dangling link in the place of a new image is not followed")
    func newLink() throws {
        #expect(symlink("target", path + ".new") == 0)
        #expect(failure(path)?.code == .vault)
        #expect(size("\(folder.path)/target") == nil)
    }

    @Test("A link on the way to the image is not followed")
    func linkedFolder() throws {
        #expect(mkdir("\(folder.path)/real", 0o700) == 0)
        try makeFile("\(folder.path)/real/vault.img")
        #expect(symlink("real", "\(folder.path)/linked") == 0)
        let failure = failure("\(folder.path)/linked/vault.img")
        #expect(failure?.code == .vault)
        #expect(failure?.sentence.contains("Too many levels of symbolic links") == true)
    }

    @Test("What is no regular file is no image")
    func noFile() throws {
        #expect(mkfifo(path, 0o600) == 0)
        #expect(failure(path)?.sentence == "the vault's image \(path) is not a regular file; nothing was changed")
        #expect(mkdir("\(folder.path)/folder", 0o700) == 0)
        #expect(failure("\(folder.path)/folder")?.code == .vault)
    }

    @Test("A folder that is not there is an error that names it")
    func noFolder() {
        #expect(
            failure("\(folder.path)/none/vault.img")
                == Failure(.vault, "cannot open the vault's folder \(folder.path)/none: No such file or directory"))
    }

    @Test("A path that is not absolute is a fault of the project", arguments: ["vault.img", "a/vault.img", ""])
    func relative(path: String) {
        #expect(failure(path) == Failure(.project, "the vault's path \(path) is not absolute"))
    }
}
