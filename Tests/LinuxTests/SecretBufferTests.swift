import CLinux
import Testing

@testable import Linux

struct SecretBufferTests {
    private func contents(_ buffer: borrowing SecretBuffer) -> [UInt8] {
        buffer.withBytes { Array($0) }
    }

    @Test("A new buffer is empty and has the capacity that was asked for")
    func newBuffer() throws {
        let buffer = try SecretBuffer(capacity: 100)
        let (count, capacity) = (buffer.count, buffer.capacity)
        #expect(count == 0)
        #expect(capacity == 100)
    }

    @Test("Bytes are appended in order until the buffer is full")
    func append() throws {
        var buffer = try SecretBuffer(capacity: 3)
        var accepted: [Bool] = []
        for byte in UInt8(1)...4 { accepted.append(buffer.append(byte)) }
        #expect(accepted == [true, true, true, false])
        #expect(contents(buffer) == [1, 2, 3])
    }

    @Test("A buffer of more than a page can be filled to its last byte")
    func severalPages() throws {
        let capacity = 3 * Int(getpagesize()) + 1
        var buffer = try SecretBuffer(capacity: capacity)
        buffer.fill { memory in
            for index in 0..<memory.count { memory[index] = UInt8(truncatingIfNeeded: index % 251) }
            return memory.count
        }
        let isSame = contents(buffer) == (0..<capacity).map { UInt8(truncatingIfNeeded: $0 % 251) }
        #expect(isSame)
    }

    @Test("What a filler says it wrote is kept within the buffer", arguments: [(-1, 0), (0, 0), (2, 2), (4, 4), (5, 4)])
    func fillIsClamped(claimed: Int, expected: Int) throws {
        var buffer = try SecretBuffer(capacity: 4)
        buffer.fill { _ in claimed }
        let count = buffer.count
        #expect(count == expected)
    }

    @Test("A filler is given the capacity and not the whole page")
    func fillSize() throws {
        var buffer = try SecretBuffer(capacity: 10)
        var size = 0
        buffer.fill {
            size = $0.count
            return 0
        }
        #expect(size == 10)
    }

    @Test("The memory is locked, left out of core dumps and zero in a forked child", arguments: ["lo", "dd", "wf"])
    func memoryFlags(flag: String) throws {
        var buffer = try SecretBuffer(capacity: 1)
        var address: UInt = 0
        buffer.fill {
            address = UInt(bitPattern: $0.baseAddress)
            return 0
        }
        let flags = try #require(try mappingFlags(at: address))
        #expect(flags.contains(flag))
        _ = consume buffer
    }

    /// The `VmFlags` of the mapping that `address` is in (proc_pid_smaps(5)).
    private func mappingFlags(at address: UInt) throws -> [String]? {
        let text = String(decoding: try readFile("/proc/self/smaps", limit: 1 << 24, stage: "read our mappings"), as: UTF8.self)
        var isInside = false
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            let bounds = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
            if bounds.count == 2 { isInside = (bounds[0]..<bounds[1]).contains(address) }
            if isInside, words[0] == "VmFlags:" { return words.dropFirst().map { String($0) } }
        }
        return nil
    }
}

/// Lines that come from a descriptor.
struct SecretLineTests {
    @Test(
        "A line is read without its newline, and what follows is left for others",
        arguments: [
            ("word\nrest", true, "word", "rest"), ("word", true, "word", ""), ("\nrest", true, "", "rest"),
            ("12345678\n", true, "12345678", ""), ("", false, "", ""), ("a\r\n", true, "a\r", ""), ("é\n", true, "é", ""),
        ])
    func line(input: String, came: Bool, line: String, rest: String) throws {
        let pipe = try Pipe()
        try pipe.writing.write(input, stage: "write")
        let reading = pipe.keepReading()
        var buffer = try SecretBuffer(capacity: 8)
        let result = try buffer.appendLine(from: reading.raw)
        #expect(result == came)
        #expect(buffer.withBytes { Array($0) } == [UInt8](line.utf8))
        let left = try reading.readAll(limit: 100, stage: "read")
        #expect(left == [UInt8](rest.utf8))
    }

    @Test("A line that is longer than the buffer is an error")
    func longLine() throws {
        let pipe = try Pipe()
        try pipe.writing.write("123456789\n", stage: "write")
        var buffer = try SecretBuffer(capacity: 8)
        #expect(throws: SystemError("read the passphrase", errno: EMSGSIZE)) { try buffer.appendLine(from: pipe.reading.raw) }
    }

    @Test("A descriptor that is not open is an error with its errno")
    func closedDescriptor() throws {
        var buffer = try SecretBuffer(capacity: 8)
        #expect(throws: SystemError("read the passphrase", errno: EBADF)) { try buffer.appendLine(from: -1) }
    }
}
