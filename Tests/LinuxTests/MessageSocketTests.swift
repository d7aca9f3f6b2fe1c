import CLinux
import TestSupport
import Testing

@testable import Linux

/// What came, without what cannot be copied.
private struct Arrived: Equatable {
    var bytes: [UInt8]
    var descriptorCount: Int
    var truncated: Bool
}

private enum Outcome: Equatable {
    case message(Arrived)
    case nothingYet, closed
}

extension MessageSocket {
    fileprivate func outcome(capacity: Int = 100) throws -> Outcome {
        switch try receive(capacity: capacity) {
        case .nothingYet: return .nothingYet
        case .closed: return .closed
        case .message(let message):
            return .message(
                Arrived(bytes: message.bytes, descriptorCount: message.descriptors.count, truncated: message.truncated))
        }
    }

    fileprivate func makeNonBlocking() {
        _ = clinux_fcntl(descriptor.raw, F_SETFL, Int(O_NONBLOCK))
    }
}

struct MessageSocketTests {
    @Test("A last message arrives although its sender left without reading ours")
    func lastMessage() throws {
        let pair = try MessageSocketPair()
        try pair.ours.send([1])
        try pair.theirs.send([2])
        let ours = pair.keepOurs()
        #expect(try ours.outcome() == .message(Arrived(bytes: [2], descriptorCount: 0, truncated: false)))
        #expect(try ours.outcome() == .closed)
    }

    @Test("Each message arrives by itself, whole and in order")
    func messages() throws {
        let pair = try MessageSocketPair()
        try pair.ours.send([1, 2, 3])
        try pair.ours.send([0])
        let first = try pair.theirs.outcome()
        let second = try pair.theirs.outcome()
        #expect(first == .message(Arrived(bytes: [1, 2, 3], descriptorCount: 0, truncated: false)))
        #expect(second == .message(Arrived(bytes: [0], descriptorCount: 0, truncated: false)))
    }

    @Test("A message that is larger than the buffer says so, and its rest is gone")
    func truncated() throws {
        let pair = try MessageSocketPair()
        try pair.ours.send([1, 2, 3, 4])
        try pair.ours.send([5])
        let first = try pair.theirs.outcome(capacity: 3)
        let second = try pair.theirs.outcome(capacity: 3)
        #expect(first == .message(Arrived(bytes: [1, 2, 3], descriptorCount: 0, truncated: true)))
        #expect(second == .message(Arrived(bytes: [5], descriptorCount: 0, truncated: false)))
    }

    @Test("A message as large as the buffer is not truncated")
    func exact() throws {
        let pair = try MessageSocketPair()
        try pair.ours.send([1, 2, 3])
        let result = try pair.theirs.outcome(capacity: 3)
        #expect(result == .message(Arrived(bytes: [1, 2, 3], descriptorCount: 0, truncated: false)))
    }

    @Test("A buffer serves one message after another, and is as large as it was made")
    func buffer() throws {
        let pair = try MessageSocketPair()
        let buffer = MessageBuffer(capacity: 3)
        var arrived: [Arrived] = []
        for bytes in [[1, 2, 3, 4], [5], [6, 7]] as [[UInt8]] {
            try pair.ours.send(bytes)
            guard case .message(let message) = try pair.theirs.receive(by: buffer) else { continue }
            arrived.append(Arrived(bytes: message.bytes, descriptorCount: 0, truncated: message.truncated))
        }
        let expected = [([1, 2, 3], true), ([5], false), ([6, 7], false)] as [([UInt8], Bool)]
        #expect(arrived == expected.map { Arrived(bytes: $0.0, descriptorCount: 0, truncated: $0.1) })
    }

    @Test("A non-blocking socket says when there is nothing")
    func nothingYet() throws {
        let pair = try MessageSocketPair()
        pair.theirs.makeNonBlocking()
        let result = try pair.theirs.outcome()
        #expect(result == .nothingYet)
    }

    @Test("When the other end has gone, its messages are read, then the end, and sending is an error")
    func closed() throws {
        let pair = try MessageSocketPair()
        try pair.theirs.send([9])
        let ours = pair.keepOurs()
        let first = try ours.outcome()
        let second = try ours.outcome()
        #expect(first == .message(Arrived(bytes: [9], descriptorCount: 0, truncated: false)))
        #expect(second == .closed)
        #expect(throws: SystemError("send a message", errno: EPIPE)) { try ours.send([1]) }
    }

    @Test("An end that goes with messages unread is an end and no error")
    func reset() throws {
        let pair = try MessageSocketPair()
        try pair.ours.send([1])
        let ours = pair.keepOurs()
        let result = try ours.outcome()
        #expect(result == .closed)
    }

    @Test("A full queue is an error for a sender that does not wait")
    func fullQueue() throws {
        let pair = try MessageSocketPair()
        pair.ours.makeNonBlocking()
        #expect(throws: SystemError("send a message", errno: EAGAIN)) {
            for _ in 0..<100_000 { try pair.ours.send([UInt8](repeating: 0, count: 1024)) }
        }
    }

    @Test("Both ends of a pair are close-on-exec")
    func closeOnExec() throws {
        let pair = try MessageSocketPair()
        let flags = [pair.ours.descriptor.raw, pair.theirs.descriptor.raw].map { clinux_fcntl($0, F_GETFD, 0) }
        #expect(flags == [FD_CLOEXEC, FD_CLOEXEC])
    }
}

/// Sockets with a name.
struct NamedSocketTests {
    private let folder: Folder
    private var path: String { "\(folder.path)/socket" }

    init() throws {
        folder = try Folder()
    }

    @Test("A client that connects is accepted, and known by its user and process")
    func connect() throws {
        let listener = try MessageSocket.listen(at: path, backlog: 4)
        let client = try MessageSocket.connect(to: path)
        guard let server = try listener.accept() else {
            Issue.record("nobody was accepted")
            return
        }
        #expect(try server.peer() == Peer(pid: getpid(), uid: geteuid()))
        try client.send([7])
        let came = try server.outcome()
        #expect(came == .message(Arrived(bytes: [7], descriptorCount: 0, truncated: false)))
        // An accepted client never blocks the one that serves it.
        let more = try server.outcome()
        #expect(more == .nothingYet)
        #expect(clinux_fcntl(server.descriptor.raw, F_GETFD, 0) == FD_CLOEXEC)
    }

    @Test("A listener does not wait for a client")
    func nobody() throws {
        let listener = try MessageSocket.listen(at: path, backlog: 4)
        let isNobody = try listener.accept() == nil
        #expect(isNobody)
    }

    @Test("Every user may connect to a listener")
    func mode() throws {
        let listener = try MessageSocket.listen(at: path, backlog: 4)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o666)
        _ = consume listener
    }

    @Test("A path that is taken is an error")
    func taken() throws {
        let listener = try MessageSocket.listen(at: path, backlog: 4)
        #expect(throws: SystemError("bind the control socket", errno: EADDRINUSE)) {
            _ = try MessageSocket.listen(at: path, backlog: 4)
        }
        _ = consume listener
    }

    @Test("A path without a listener is an error")
    func noListener() throws {
        #expect(throws: SystemError("connect to the control socket", errno: ENOENT)) {
            _ = try MessageSocket.connect(to: path)
        }
    }

    @Test("A path that is longer than an address is an error, at either end")
    func longPath() throws {
        let long = "\(folder.path)/" + String(repeating: "a", count: 108)
        #expect(throws: SystemError("bind the control socket", errno: ENAMETOOLONG)) {
            _ = try MessageSocket.listen(at: long, backlog: 4)
        }
        #expect(throws: SystemError("connect to the control socket", errno: ENAMETOOLONG)) {
            _ = try MessageSocket.connect(to: long)
        }
    }
}
