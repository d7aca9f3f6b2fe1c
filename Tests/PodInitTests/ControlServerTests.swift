import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import PodInit

struct ControlServerTests {
    private let folder: Folder
    private let server: ControlServer

    init() throws {
        folder = try Folder()
        server = try ControlServer(path: "\(folder.path)/socket")
    }

    private func add(_ count: Int, uid: uid_t, from first: UInt32 = 0) throws {
        for identifier in first..<first + UInt32(count) {
            server.add(Client(try MessageSocketPair().keepOurs(), peer: Peer(pid: 1, uid: uid)), identifier: identifier)
        }
    }

    @Test("A user may have 32 connections and no more, and other users have theirs")
    func limit() throws {
        try add(31, uid: 1000)
        #expect(server.mayConnect(1000))
        try add(1, uid: 1000, from: 100)
        #expect(!server.mayConnect(1000))
        #expect(server.mayConnect(1001))
        server.remove(100)
        #expect(server.mayConnect(1000))
    }

    @Test("Root may always connect")
    func root() throws {
        try add(40, uid: 0)
        #expect(server.mayConnect(0))
    }

    @Test("A socket that an earlier init left is replaced")
    func replaced() throws {
        let second = try ControlServer(path: "\(folder.path)/socket")
        let client = try MessageSocket.connect(to: "\(folder.path)/socket")
        let isAccepted = try second.listener.accept() != nil
        #expect(isAccepted)
        _ = consume client
    }

    @Test("What cannot be removed is an error")
    func notRemovable() throws {
        #expect(mkdir("\(folder.path)/folder", 0o700) == 0)
        #expect(throws: SystemError("remove the old control socket", errno: EISDIR)) {
            try ControlServer(path: "\(folder.path)/folder")
        }
    }

    @Test("A client that has gone costs nobody anything when it is answered")
    func goneClient() throws {
        let client = Client(try MessageSocketPair().keepOurs(), peer: Peer(pid: 1, uid: 1000))
        client.reply(.ok(Message("ok")))
        // Without MSG_NOSIGNAL the first answer would have been the end of us.
        #expect(throws: SystemError("send a message", errno: EPIPE)) { try client.socket.send([1]) }
    }
}
