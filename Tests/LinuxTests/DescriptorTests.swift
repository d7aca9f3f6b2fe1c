import CLinux
import TestSupport
import Testing

@testable import Linux

/// Which file a number is open on: numbers are used again at once by tests that run beside this one.
private func inode(_ raw: Int32) -> UInt64? {
    var status = stat()
    return fstat(raw, &status) == 0 ? UInt64(status.st_ino) : nil
}

private func isCloseOnExec(_ raw: Int32) -> Bool {
    clinux_fcntl(raw, F_GETFD, 0) == FD_CLOEXEC
}

struct DescriptorTests {
    private let folder: Folder
    private var file: String { "\(folder.path)/file" }

    init() throws {
        folder = try Folder()
    }

    private func openNew() throws -> Descriptor {
        try Descriptor.open(file, O_RDWR | O_CREAT, mode: 0o600, stage: "make a file")
    }

    @Test("A descriptor is closed when its value ends")
    func closedAtEnd() throws {
        let descriptor = try openNew()
        let raw = descriptor.raw
        let before = inode(raw)
        #expect(before != nil)
        _ = consume descriptor
        #expect(inode(raw) != before)
    }

    @Test("A descriptor that was released stays open")
    func released() throws {
        let descriptor = try openNew()
        let before = inode(descriptor.raw)
        let raw = descriptor.release()
        #expect(inode(raw) == before)
        #expect(close(raw) == 0)
    }

    @Test("A file is opened close-on-exec, with the mode that was asked for")
    func openFlags() throws {
        let descriptor = try openNew()
        var status = stat()
        #expect(fstat(descriptor.raw, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(isCloseOnExec(descriptor.raw))
    }

    @Test("A duplicate is close-on-exec, above the standard ones, and outlives the first")
    func duplicate() throws {
        let first = try openNew()
        let before = inode(first.raw)
        let second = try first.duplicate()
        let raw = second.raw
        _ = consume first
        #expect(inode(raw) == before)
        #expect(raw > 2)
        #expect(isCloseOnExec(raw))
        _ = consume second
    }

    @Test("What cannot be opened is an error with its stage and errno")
    func openError() {
        #expect(throws: SystemError("open it", errno: ENOENT)) {
            _ = try Descriptor.open("\(folder.path)/none", O_RDONLY, stage: "open it")
        }
    }

    @Test("What is written is read back", arguments: [0, 1, 4096, 100_000])
    func writeAndRead(length: Int) throws {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) }
        try openNew().write(bytes, stage: "write")
        let isSame = try readFile(file, stage: "read") == bytes
        #expect(isSame)
    }

    @Test("What a full pipe has no room for is an error, after what it had room for")
    func fullPipe() throws {
        let pipe = try Pipe()
        let flags = clinux_fcntl(pipe.writing.raw, F_GETFL, 0)
        #expect(clinux_fcntl(pipe.writing.raw, F_SETFL, Int(flags | O_NONBLOCK)) == 0)
        let length = 1 << 20
        #expect(throws: SystemError("write", errno: EAGAIN)) {
            try pipe.writing.write([UInt8](repeating: 7, count: length), stage: "write")
        }
        let bytes = try pipe.keepReading().readAll(limit: length, stage: "read")
        #expect(!bytes.isEmpty && bytes.count < length)
        #expect(bytes.allSatisfy { $0 == 7 })
    }

    @Test("A file is read up to the limit and refused beyond it", arguments: [(10, true), (11, true), (9, false), (0, false)])
    func limit(limit: Int, fits: Bool) throws {
        try openNew().write("0123456789", stage: "write")
        if fits {
            #expect(try readFile(file, limit: limit, stage: "read") == [UInt8]("0123456789".utf8))
        } else {
            #expect(throws: SystemError("read", errno: EFBIG)) { try readFile(file, limit: limit, stage: "read") }
        }
    }
}

struct PipeTests {
    @Test("Both ends of a pipe are close-on-exec")
    func closeOnExec() throws {
        let pipe = try Pipe()
        let (reading, writing) = (pipe.reading.raw, pipe.writing.raw)
        #expect(isCloseOnExec(reading))
        #expect(isCloseOnExec(writing))
        _ = consume pipe
    }

    @Test("A pipe whose writing end was given up comes to its end")
    func keepReading() throws {
        let pipe = try Pipe()
        try pipe.writing.write("text", stage: "write")
        let reading = pipe.keepReading()
        #expect(try reading.readAll(limit: 10, stage: "read") == [UInt8]("text".utf8))
    }
}

struct LinkTests {
    @Test("A link's target is told as it is written")
    func target() throws {
        let folder = try Folder()
        let link = "\(folder.path)/link"
        #expect(symlink("../some/where é", link) == 0)
        #expect(try linkTarget(link, stage: "read a link") == "../some/where é")
    }

    @Test("What is no link is an error")
    func noLink() throws {
        #expect(throws: SystemError("read a link", errno: EINVAL)) { try linkTarget("/", stage: "read a link") }
    }

    @Test("Our own folder is where the running program lies, without a slash at its end")
    func own() throws {
        let folder = try ownFolder()
        #expect(folder.hasPrefix("/"))
        #expect(
            try linkTarget("/proc/self/exe", stage: "find ourselves").split(separator: "/").dropLast().joined(separator: "/")
                == folder.dropFirst())
    }
}
