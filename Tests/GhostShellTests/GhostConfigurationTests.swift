import Contract
import Linux
import Testing

@testable import GhostShell

/// A workspace user for tests.
let ann = Account(name: "ann", uid: 1234, gid: 1235, home: "/home/ann", shell: "/bin/zsh", groups: [1235, 44])

struct GhostConfigurationTests {
    private func configuration(_ variables: [String: String]) throws(Failure) -> GhostConfiguration {
        try GhostConfiguration(account: ann) { variables[$0] }
    }

    @Test("An empty environment gives the defaults")
    func defaults() throws {
        let result = try configuration([:])
        #expect(result.account == ann)
        #expect(result.project == "pod")
        #expect(result.image == "/workspace/.tazpod/vault/vault.img")
        #expect(result.newSize == 512 << 20)
        #expect(result.bridges.isEmpty)
        #expect(result.directory == "/workspace")
    }

    @Test("Every variable of the contract is read")
    func variables() throws {
        let result = try configuration([
            "TAZPOD_PROJECT": "web", "TAZPOD_VAULT": "/run/v.img", "TAZPOD_VAULT_SIZE": "67108864",
            "TAZPOD_VAULT_DRIVER": "fuse", "TAZPOD_BRIDGES": ".infisical:a/b",
        ])
        #expect(result.project == "web")
        #expect(result.image == "/run/v.img")
        #expect(result.newSize == 64 << 20)
        #expect(result.bridges == [".infisical", "a/b"])
    }

    @Test("What a project allows its ghost is read")
    func allowedCalls() throws {
        #expect(try configuration([:]).allowedCalls.isEmpty)
        #expect(try configuration(["TAZPOD_ENCLAVE_ALLOW": "io_uring:bpf"]).allowedCalls == [.ioUring, .bpf])
    }

    @Test(
        "What no project may allow is refused here too",
        arguments: ["mounts", "terminals", "foreign_architectures", "x", "bpf:mounts"])
    func neverAllowed(names: String) {
        let error = #expect(throws: Failure.self) { try configuration(["TAZPOD_ENCLAVE_ALLOW": names]) }
        #expect(error?.code == .project)
        #expect(error?.sentence.hasPrefix("no project may allow its ghost ") == true)
    }

    @Test("A size is whole pages and enough for a header and a journal", arguments: ["33554432", "33558528", "1099511627776"])
    func size(text: String) throws {
        #expect(try configuration(["TAZPOD_VAULT_SIZE": text]).newSize == UInt64(text))
    }

    @Test(
        "Another size is a fault of the project",
        arguments: ["", "0", "33554431", "33554433", "33550336", "-1", "1MiB", "99999999999999999999"])
    func wrongSize(text: String) {
        let error = #expect(throws: Failure.self) { try configuration(["TAZPOD_VAULT_SIZE": text]) }
        #expect(error?.code == .project)
        #expect(error?.sentence.contains("; \(text) bytes is not") == true)
    }

    @Test("A driver that there is not is a fault of the project", arguments: ["ramdisk", "", "FUSE"])
    func driver(name: String) {
        let error = #expect(throws: Failure.self) { try configuration(["TAZPOD_VAULT_DRIVER": name]) }
        #expect(error?.code == .project)
        #expect(error?.sentence.hasPrefix("there is no driver \(name); write auto, or one of dmcrypt, fuse") == true)
    }

    @Test("Automatic is the best driver that the pod has what it takes for; a named one is that")
    func resolved() {
        #expect(DriverChoice.automatic.resolved(canMap: true, canServe: true) == .dmcrypt)
        #expect(DriverChoice.automatic.resolved(canMap: false, canServe: true) == .fuse)
        #expect(DriverChoice.automatic.resolved(canMap: false, canServe: false) == .ram)
        #expect(DriverChoice.named(.fuse).resolved(canMap: true, canServe: false) == .fuse)
    }

    @Test("The time between saves is a number of seconds")
    func saveEvery() throws {
        #expect(try configuration([:]).saveEvery == 300)
        #expect(try configuration(["TAZPOD_VAULT_SAVE_EVERY": "7"]).saveEvery == 7)
        for text in ["0", "-1", "5m", "", "99999999999999999999", "9999999999"] {
            #expect(throws: Failure.self) { try configuration(["TAZPOD_VAULT_SAVE_EVERY": text]) }
        }
    }

    @Test("The drivers that there are are taken by their names", arguments: DriverName.allCases)
    func knownDriver(name: DriverName) throws {
        #expect(try configuration(["TAZPOD_VAULT_DRIVER": name.rawValue]).driver == .named(name))
        #expect(try configuration(["TAZPOD_VAULT_DRIVER": "auto"]).driver == .automatic)
        #expect(try configuration([:]).driver == .automatic)
    }
}
