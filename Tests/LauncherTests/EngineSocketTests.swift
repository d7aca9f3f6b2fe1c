import CLinux
import Contract
import Linux
import Testing

@testable import Launcher

struct EngineSocketTests {
    @Test("An answer of HTTP's is taken apart, and nothing else is")
    func answer() {
        let found = EngineSocket.Answer.parse([UInt8]("HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n{}".utf8))
        #expect(found == EngineSocket.Answer(status: 404, body: [UInt8]("{}".utf8)))
        for text in ["", "HTTP/1.0 200 OK\r\n", "HTTP/1.0 many\r\n\r\n", "SSH-2.0-x\r\n\r\n", "\r\n\r\n"] {
            #expect(EngineSocket.Answer.parse([UInt8](text.utf8)) == nil, "\(text)")
        }
    }

    @Test("Lines of a log are found however the stream is cut")
    func log() {
        let stream = [UInt8]("HTTP/1.0 200 OK\r\n\r\n".utf8) + frame("first\n") + frame("") + frame("\(readyLine)\n")
        for size in 1...stream.count {
            var log = EngineLog()
            var lines: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                lines += log.take(Array(stream[start..<min(start + size, stream.count)]))
            }
            #expect(lines == ["first\n", "", "\(readyLine)\n"].map { [UInt8]($0.utf8) }, "cut into \(size)")
        }
    }

    private func frame(_ text: String) -> [UInt8] {
        [2, 0, 0, 0, 0, 0, UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 0xff)] + text.utf8
    }

    @Test("Where nobody listens there is no answer")
    func silence() {
        let socket = EngineSocket(path: "/nowhere/docker.sock")
        #expect(socket.get("/version") == nil)
        #expect(!socket.follow(logOf: "pod", until: readyLine, seconds: 1))
    }

    @Test("A daemon's own words for a container are a pod")
    func container() throws {
        let text = """
            {"Name": "/tazpod-web-1", "State": {"Status": "running", "Pid": 7}, "Config": {"Env": ["A=b"], "Labels": {
            "dev.tazpod.project": "web", "dev.tazpod.directory": "/p/web", "dev.tazpod.user": "me", "dev.tazpod.plan": "12"}}}
            """
        let found = try #require(EngineRecord.parse(container: [UInt8](text.utf8), of: "docker"))
        #expect(
            found
                == PodRecord(
                    name: "tazpod-web-1", project: "web", directory: "/p/web", provider: "docker", state: .running,
                    planDigest: "12",
                    user: "me"))
        #expect(EngineRecord.parse(container: [UInt8]("[]".utf8), of: "docker") == nil)
    }
}
