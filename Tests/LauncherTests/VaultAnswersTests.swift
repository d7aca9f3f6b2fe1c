import Contract
import Testing

@testable import Launcher

struct VaultAnswersTests {
    @Test("Slots and tokens are followed by their own fields")
    func facts() {
        var answer = Message("ok").adding("uuid", "u").adding("cipher", "aes-xts-plain64").adding("key-bits", "512")
        answer = answer.adding("image-size", "67108864").adding("data-offset", "16777216").adding("data-size", "50331648")
        answer = answer.adding("slot", "0").adding("kdf", "pbkdf2").adding("kdf-iterations", "1000")
        answer = answer.adding("slot", "3").adding("kdf", "argon2id").adding("kdf-memory", "65536").adding("recovery", "1")
        answer = answer.adding("token", "1").adding("token-type", "systemd-fido2").adding("token-slot", "0").adding(
            "token-slot", "3")
        let facts = VaultFacts(answer, vault: PodStatus.Vault(state: "open", driver: "fuse"))
        #expect(facts.slots.map { $0.number } == [0, 3])
        #expect(facts.slots.map { $0.kind } == ["passphrase", "recovery"])
        #expect(facts.slots.map { $0.memoryKiB } == [0, 65536])
        #expect(facts.tokens == [VaultFacts.Token(number: 1, type: "systemd-fido2", slots: [0, 3])])
        #expect(facts.lines.contains("open (fuse)") && facts.lines.contains("16 MiB") && facts.lines.contains("recovery"))
    }

    @Test("Fields before the first slot, token or finding are nobody's")
    func stray() {
        let answer = Message("ok").adding("kdf", "argon2id").adding("token-slot", "1").adding("result", "damaged")
        #expect(VaultFacts(answer, vault: PodStatus.Vault(state: "locked")).slots.isEmpty)
        #expect(VaultFindings(answer).findings.isEmpty)
    }

    @Test("One thing that is damaged is damage; a warning is none")
    func findings() {
        var answer = Message("ok").adding("check", "header").adding("result", "ok").adding("note", "whole")
        answer = answer.adding("check", "derivation").adding("result", "warning").adding("note", "n").adding("next", "do this")
        #expect(!VaultFindings(answer).isDamaged)
        answer = answer.adding("check", "slot 1").adding("result", "damaged").adding("note", "n")
        let findings = VaultFindings(answer)
        #expect(findings.isDamaged)
        #expect(findings.findings[1].next == "do this" && findings.findings[2].next == nil)
        #expect(findings.lines.contains("n (do this)"))
    }
}
