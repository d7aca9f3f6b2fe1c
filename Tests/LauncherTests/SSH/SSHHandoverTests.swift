import Contract
import Testing

@testable import Launcher

private let begin = "-----BEGIN OPENSSH PRIVATE KEY-----"
private let end = "-----END OPENSSH PRIVATE KEY-----"
private let whole = "ssh-ed25519 AAAA pod\n\(begin)\nb3Blbn\nc3No\n\(end)\n"

struct SSHHandoverTests {
    /// What was read, and how many bytes that took.
    private func read(_ text: String) throws -> (SSHHandover, Int) {
        var bytes = Array(text.utf8)[...]
        let handover = try SSHHandover.read { () throws(Failure) in bytes.popFirst() }
        return (handover, text.utf8.count - bytes.count)
    }

    @Test("The two keys are read, and not a byte of what follows")
    func both() throws {
        let (handover, count) = try read(whole + "SSH-2.0-OpenSSH\r\n")
        #expect(handover.authorizedKey == "ssh-ed25519 AAAA pod\n")
        #expect(handover.hostKey == "\(begin)\nb3Blbn\nc3No\n\(end)\n")
        #expect(count == whole.utf8.count)
    }

    @Test(
        "Anything else is refused, and read no further than a handover is long",
        arguments: [
            "", "SSH-2.0-OpenSSH\r\n", "\(begin)\nb3\n\(end)\n", "ssh-rsa AAAA\n\(begin)\nb3\n\(end)\n",
            "ssh-ed25519 AAAA\n\(end)\n",
            "ssh-ed25519 AAAA\nb3\n\(end)\n", String(whole.dropLast()), String(repeating: "ssh-ed25519 AAAA\n", count: 1000),
        ])
    func broken(text: String) {
        #expect(throws: Failure.self) { try read(text) }
    }
}
