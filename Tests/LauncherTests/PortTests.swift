import Testing

@testable import Launcher

struct PortTests {
    private typealias Port = ProjectConfig.Port

    @Test("One number is the port on both sides, seen by this machine alone")
    func one() {
        #expect(Port("3000") == Port(hostAddress: "127.0.0.1", hostPort: 3000, podPort: 3000))
    }

    @Test("Two numbers are the host's and the pod's")
    func two() {
        #expect(Port("9000:8372") == Port(hostAddress: "127.0.0.1", hostPort: 9000, podPort: 8372))
    }

    @Test("An address may come first", arguments: ["127.0.0.1", "0.0.0.0", "10.1.2.3"])
    func address(address: String) {
        #expect(Port("\(address):9000:8372") == Port(hostAddress: address, hostPort: 9000, podPort: 8372))
    }

    @Test("The lowest and the highest port are taken", arguments: ["1", "65535"])
    func bounds(text: String) {
        #expect(Port(text)?.podPort == UInt16(text))
    }

    @Test(
        "What is no port is none",
        arguments: [
            "", "0", "65536", "-1", "web", "3000:", ":3000", "0:80", "80:0", ":80:80", "127.0.0.1::80", "127.0.0.1:80:",
            "1:2:3:4", "::1:80:80", "3000/tcp", "3000-3005", "1.5",
        ])
    func none(text: String) {
        #expect(Port(text) == nil)
    }
}
