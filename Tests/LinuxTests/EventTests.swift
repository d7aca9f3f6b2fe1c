import CLinux
import Testing

@testable import Linux

struct EpollTests {
    @Test("Nothing is ready before something comes")
    func nothing() throws {
        let epoll = try Epoll()
        let pipe = try Pipe()
        try epoll.add(pipe.reading.raw, token: 7)
        #expect(try epoll.wait(milliseconds: 0).isEmpty)
    }

    @Test("The tokens of what is ready are told, again until it was read")
    func ready() throws {
        let epoll = try Epoll()
        let first = try Pipe()
        let second = try Pipe()
        try epoll.add(first.reading.raw, token: 1)
        try epoll.add(second.reading.raw, token: UInt64.max)
        try second.writing.write("x", stage: "write")
        #expect(try epoll.wait(milliseconds: 0) == [UInt64.max])
        try first.writing.write("x", stage: "write")
        #expect(try Set(epoll.wait(milliseconds: 0)) == [1, UInt64.max])
    }

    @Test("What is watched for a hangup alone does not wake for what can be read")
    func hangup() throws {
        let epoll = try Epoll()
        let pair = try MessageSocketPair()
        try pair.theirs.send([1])
        try epoll.add(pair.ours.descriptor.raw, token: 1, for: .hangup)
        #expect(try epoll.wait(milliseconds: 0).isEmpty)
        try epoll.change(pair.ours.descriptor.raw, token: 2, for: .reading)
        #expect(try epoll.wait(milliseconds: 0) == [2])
        try epoll.change(pair.ours.descriptor.raw, token: 3, for: .hangup)
        let ours = pair.keepOurs()
        #expect(try epoll.wait(milliseconds: 0) == [3])
        _ = consume ours
    }

    @Test("What was removed is not told of, and can be added again")
    func remove() throws {
        let epoll = try Epoll()
        let pipe = try Pipe()
        try pipe.writing.write("x", stage: "write")
        try epoll.add(pipe.reading.raw, token: 1)
        #expect(throws: SystemError("watch a descriptor", errno: EEXIST)) { try epoll.add(pipe.reading.raw, token: 1) }
        epoll.remove(pipe.reading.raw)
        #expect(try epoll.wait(milliseconds: 0).isEmpty)
        try epoll.add(pipe.reading.raw, token: 4)
        #expect(try epoll.wait(milliseconds: 0) == [4])
    }
}

struct TimerTests {
    private func hasFired(_ timer: borrowing Timer, within milliseconds: Int32 = 0) -> Bool {
        var watched = pollfd(fd: timer.descriptor.raw, events: Int16(POLLIN), revents: 0)
        return poll(&watched, 1, milliseconds) == 1
    }

    @Test("A timer whose time has come fires, once", arguments: [-5, 0, 1] as [Int64])
    func past(deadline: Int64) throws {
        let timer = try Timer()
        timer.arm(at: deadline)
        let fired = hasFired(timer, within: 1000)
        #expect(fired)
        timer.acknowledge()
        let again = hasFired(timer)
        #expect(!again)
    }

    @Test("A timer fires at a time to come and not before")
    func future() throws {
        let timer = try Timer()
        let deadline = monotonicMilliseconds() + 20
        timer.arm(at: deadline)
        let fired = hasFired(timer, within: 10_000)
        #expect(fired)
        #expect(monotonicMilliseconds() >= deadline)
    }

    @Test("A timer that was not armed, or was disarmed, does not fire")
    func disarmed() throws {
        let timer = try Timer()
        let early = hasFired(timer)
        timer.arm(at: 1)
        timer.arm(at: nil)
        let late = hasFired(timer)
        #expect(!early)
        #expect(!late)
    }
}
