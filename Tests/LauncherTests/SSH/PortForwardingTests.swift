import Contract
import Testing

@testable import Launcher

struct PortForwardingTests {
    @Test("Each port is one of ssh's, at the address that was asked for")
    func arguments() throws {
        let ports = try ["3000", "9000:80", "0.0.0.0:1:2"].map { try #require(ProjectConfig.Port(argument: $0)) }
        let words = PortForwarding.arguments(host: "pod", config: "/k/config", ports)
        #expect(words.prefix(3) == ["ssh", "-F", "/k/config"])
        let expected = [
            "-L", "127.0.0.1:3000:localhost:3000", "-L", "127.0.0.1:9000:localhost:80", "-L", "0.0.0.0:1:localhost:2",
        ]
        #expect(words.suffix(7) == expected + ["pod"])
        #expect(words.contains("ExitOnForwardFailure=yes"))
    }

    @Test(
        "A failure is told by its first complaint, and the pod's own as it is",
        arguments: [
            ("tazpod: this pod has no sshd\nkex: closed\n", "this pod has no sshd"),
            (
                "bind [127.0.0.1]:80: Address already in use\nCould not request local forwarding.\n",
                "nothing can be forwarded there (bind [127.0.0.1]:80: Address already in use); choose another port of the host"
            ),
            ("kex: closed\n", "the ports could not be forwarded: kex: closed"),
            ("", "the ports could not be forwarded: ssh said nothing"),
        ])
    func failure(text: String, sentence: String) {
        #expect(PortForwarding.failure(text) == Failure(.provider, sentence))
    }
}
