import Contract
import Testing

@testable import Secrets

struct ServerURLTests {
    @Test("https is asked anywhere")
    func encrypted() throws {
        let url = try ServerURL("https://Secrets.Example:8443/api/v3?x=1")
        #expect(url.isEncrypted && url.host.lowercased() == "secrets.example" && url.path == "/api/v3")
    }

    @Test(
        "http is asked on this machine alone",
        arguments: ["http://127.0.0.1:8200/v1", "http://localhost", "http://[::1]:8200", "http://127.9.9.9", "http://0x7f.1/"])
    func loopback(text: String) throws {
        #expect(try !ServerURL(text).isEncrypted)
    }

    @Test(
        "http elsewhere is refused",
        arguments: [
            "http://example.com", "http://127.0.0.1.example.com", "http://127.example", "http://localhost.example",
            "http://128.0.0.1",
            "http://10.0.0.1", "http://[::2]", "http://127.0.0.1@example.com/",
        ])
    func inTheClear(text: String) {
        #expect(throws: Failure.self) { try ServerURL(text) }
    }

    @Test(
        "What is no such URL is refused",
        arguments: ["", "example.com/x y", "https://", "file:///etc/passwd", "ftp://a", "gopher://a", "\n"])
    func nonsense(text: String) {
        #expect { try ServerURL(text) } throws: { ($0 as? Failure).map { $0.code == .project || $0.code == .refused } == true }
    }

    @Test("A password in a URL is refused and not repeated")
    func password() {
        #expect { try ServerURL("https://joe:hunter2@example.com") } throws: {
            ($0 as? Failure).map { $0.code == .project && !$0.sentence.contains("hunter2") } == true
        }
    }
}
