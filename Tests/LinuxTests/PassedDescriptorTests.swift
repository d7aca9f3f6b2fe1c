import CLinux
import Testing

@testable import Linux

private func inode(_ raw: Int32) -> UInt64? {
    var status = stat()
    return fstat(raw, &status) == 0 ? UInt64(status.st_ino) : nil
}

/// Descriptors that go with a message (SCM_RIGHTS).
struct PassedDescriptorTests {
    /// Sends the reading end of a pipe with text in it `count` times, and gives what came to `body`.
    private func pass(count: Int, _ body: (consuming ReceivedDescriptors) throws -> Void) throws {
        let pair = try MessageSocketPair()
        let pipe = try Pipe()
        try pipe.writing.write("text", stage: "write")
        try pair.ours.send([1], descriptors: [Int32](repeating: pipe.reading.raw, count: count))
        guard case .message(let message) = try pair.theirs.receive(capacity: 10) else {
            Issue.record("no message came")
            return
        }
        let truncated = message.truncated
        #expect(!truncated)
        try body(message.descriptors)
    }

    @Test("As many descriptors come as were sent", arguments: [0, 1, 3, 8])
    func counts(count: Int) throws {
        try pass(count: count) { descriptors in
            let numbers = descriptors.numbers
            #expect(descriptors.count == count)
            #expect(Set(numbers).count == count)
            #expect(numbers.allSatisfy { clinux_fcntl($0, F_GETFD, 0) == FD_CLOEXEC })
        }
    }

    @Test("A descriptor that was taken reads what the sender's would")
    func take() throws {
        try pass(count: 1) { descriptors in
            var descriptors = descriptors
            guard let taken = descriptors.take(0) else {
                Issue.record("there is no descriptor")
                return
            }
            var bytes = [UInt8](repeating: 0, count: 10)
            #expect(read(taken.raw, &bytes, bytes.count) == 4)
            #expect(bytes.prefix(4) == [UInt8]("text".utf8)[...])
        }
    }

    @Test("A descriptor is taken once, and none is beyond the last")
    func takeTwice() throws {
        try pass(count: 2) { descriptors in
            var descriptors = descriptors
            let first = descriptors.take(1) != nil
            let again = descriptors.take(1) != nil
            let beyond = descriptors.take(2) != nil
            #expect(first)
            #expect(!again)
            #expect(!beyond)
        }
    }

    @Test("What nobody takes is closed, and what was taken is not")
    func closed() throws {
        try pass(count: 2) { descriptors in
            var descriptors = descriptors
            let numbers = descriptors.numbers
            let file = inode(numbers[0])
            let taken = descriptors.take(0)
            _ = consume descriptors
            #expect(inode(numbers[0]) == file)
            #expect(inode(numbers[1]) != file)
            _ = consume taken
            #expect(inode(numbers[0]) != file)
        }
    }

    @Test("More descriptors than a message takes are an error, and nothing is sent")
    func tooMany() throws {
        let pair = try MessageSocketPair()
        #expect(throws: SystemError("send a message", errno: EINVAL)) {
            try pair.ours.send([1], descriptors: [Int32](repeating: 0, count: 9))
        }
        _ = clinux_fcntl(pair.theirs.descriptor.raw, F_SETFL, Int(O_NONBLOCK))
        guard case .nothingYet = try pair.theirs.receive(capacity: 10) else {
            Issue.record("something was sent")
            return
        }
    }

    @Test("A descriptor that is not open cannot be sent")
    func notOpen() throws {
        let pair = try MessageSocketPair()
        #expect(throws: SystemError("send a message", errno: EBADF)) { try pair.ours.send([1], descriptors: [-1]) }
    }
}
