import Contract
import Testing

@testable import Launcher

/// Every complaint names the file, the line and the column, and says what to write instead.
struct WrongConfigTests {
    private func expect(_ text: String, _ sentence: String) {
        #expect(throws: Failure(.project, "config.yaml:\(sentence)")) { try config(text) }
    }

    @Test(
        "An unknown key is told with the nearest known one",
        arguments: [
            ("imgae: x", "1:1: config.yaml has no key imgae; write image"),
            ("version: 1\nportz: []", "2:1: config.yaml has no key portz; write ports"),
            ("vault:\n  pth: x", "2:3: vault has no key pth; write path"),
            ("vault: {size: 1GiB, drivers: fuse}", "1:21: vault has no key drivers; write driver"),
            ("build: {dockerfil: x}", "1:9: build has no key dockerfil; write dockerfile"),
            ("resources: {cpus: 1}", "1:13: resources has no key cpus; write cpu"),
            ("network: {alow: all}", "1:11: network has no key alow; write allow"),
            ("agent: {nam: x}", "1:9: agent has no key nam; write name"),
            ("kubernetes: {contxt: x}", "1:14: kubernetes has no key contxt; write context"),
            ("kubernetes: {timeout: {idel: 4h}}", "1:24: kubernetes: timeout has no key idel; write idle"),
            ("features: {ghostmode: true}", "1:12: features has no key ghostmode; write ghost_mode"),
        ])
    func unknownKey(text: String, sentence: String) {
        expect(text, sentence)
    }

    @Test("A key that is near to none is told with all that are known")
    func farKey() {
        expect("vault: {encryption: aes}", "1:9: vault has no key encryption; known: path, size, driver, lock_after, save_every")
    }

    @Test(
        "A value that is not of its form is told with the form",
        arguments: [
            ("version: 2", "1:10: version must be 1, not 2"),
            ("provider: dockr", "1:11: provider must be one of auto, docker, podman, native, kubernetes, not dockr"),
            ("vault: {driver: luks}", "1:17: vault: driver must be one of auto, dmcrypt, fuse, ram, not luks"),
            ("vault: {lock_after: 30}", "1:21: vault: lock_after must be a time of at least 10s, like 30m, not 30"),
            ("vault: {save_every: 0s}", "1:21: vault: save_every must be a time of a second to a year, like 5m, not 0s"),
            ("vault: {save_every: 400d}", "1:21: vault: save_every must be a time of a second to a year, like 5m, not 400d"),
            ("resources: {memory: lots}", "1:21: resources: memory must be a size, like 4GiB, not lots"),
            ("resources: {gpu: maybe}", "1:18: resources: gpu must be true or false"),
            ("kubernetes: {storage: big}", "1:23: kubernetes: storage must be a size, like 10Gi, not big"),
            ("kubernetes: {context: a b}", "1:23: kubernetes: context must be a name without spaces, not a b"),
            (
                "kubernetes: {namespace: My}",
                "1:25: kubernetes: namespace must be lower-case letters, digits and -, at most 63, with no - at an end, not My"
            ),
            (
                "kubernetes: {timeout: {max: 1s}}",
                "1:29: kubernetes: timeout: max must be a time of a minute to a year, like 24h, not 1s"
            ),
            ("image: \"\"", "1:8: image must be a word"), ("image: [a]", "1:8: image must be a word"),
            ("image: {a: b}", "1:8: image must be a word"), ("env: {A: [b]}", "1:10: A must be a word"),
            ("env: [A]", "1:6: env must be a list of keys and values, like KEY: value"),
            ("ports: 3000", "1:8: ports must be a list"), ("bridges: .gemini", "1:10: bridges must be a list"),
            ("vault: x", "1:8: vault must be a list of keys and values, like key: value"),
            ("- a", "1:1: config.yaml must be a list of keys and values, like key: value"),
            ("build: {context: .}", "1:8: build needs a dockerfile"), ("agent: {secrets: [A]}", "1:8: agent needs a name"),
            ("agent: {name: x, secrets: [[]]}", "1:28: agent: secrets must be a word"),
        ])
    func value(text: String, sentence: String) {
        expect(text, sentence)
    }

    @Test(
        "What the enclave cannot be loosened by is told",
        arguments: [
            ("enclave: {alow: bpf}", "1:11: enclave has no key alow; write allow"),
            ("enclave: {allow: io_urin}", "1:18: enclave: allow knows no io_urin; write io_uring"),
            ("enclave: {allow: [bpf, keyring]}", "1:24: enclave: allow knows no keyring; write keyrings"),
            (
                "enclave: {allow: [everything]}",
                """
                1:19: enclave: allow knows no everything; known: bpf, io_uring, keyrings, memory_policy, perf_events, sockets, \
                user_namespaces, userfaultfd
                """
            ),
            (
                "enclave:\n  allow:\n  - mounts",
                "3:5: enclave: allow cannot have mounts, which no project may allow; take it out"
            ),
            ("enclave: {allow: [[]]}", "1:19: enclave: allow must be a word"),
            ("enclave: bpf", "1:10: enclave must be a list of keys and values, like key: value"),
        ])
    func enclave(text: String, sentence: String) {
        expect(text, sentence)
    }

    @Test(
        "A name is lower-case letters, digits, _ and -",
        arguments: ["Web", "-a", "_a", "a b", "a.b", "é", "a/b", "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddX", "a\\n", "１"])
    func name(text: String) {
        for key in ["name", "container_name", "user"] {
            let error = #expect(throws: Failure.self) { try config("\(key): \"\(text)\"") }
            #expect(error?.sentence.hasPrefix("config.yaml:1:\(key.count + 3): \(key) must be lower-case letters") == true)
        }
    }

    @Test("A path stays inside the project", arguments: ["/etc", "..", "../x", "a/../b", "a/..", "/"])
    func path(path: String) {
        for text in ["workspace: \(path)", "vault: {path: \(path)}", "build: {dockerfile: \(path)}"] {
            let error = #expect(throws: Failure.self) { try config(text) }
            #expect(error?.sentence.contains("must be a path inside the project, without .., not \(path)") == true)
        }
    }

    @Test("Dots that lead nowhere are a path", arguments: ["a..b", "...", ".tazpod", "a/.b", "./a", "."])
    func innocentPath(path: String) throws {
        #expect(try config("workspace: \(path)").workspace == path)
    }

    @Test(
        "A vault has at least 32 MiB, in whole pages", arguments: ["0", "31MiB", "33554431", "33554433", "much", "-1", "1.5GiB"])
    func size(text: String) {
        expect(
            "vault: {size: \(text)}",
            "1:15: vault: size must be a size of at least 32MiB in whole pages, like 512MiB, not \(text)")
    }

    @Test(
        "The least and the whole are taken", arguments: [("32MiB", 33_554_432), ("33558528", 33_558_528)] as [(String, UInt64)])
    func takenSize(text: String, size: UInt64) throws {
        #expect(try config("vault: {size: \(text)}").vault.size == size)
    }

    @Test(
        "A bridge is a name in the home folder",
        arguments: ["/etc", "..", "a/../b", "a:b", ".", "./a", "a//b", "a/", "secrets", "secrets/x"])
    func bridge(name: String) {
        expect("bridges: [ok, \"\(name)\"]", "1:15: a bridge must be a name in the home folder, without .. and :, not \(name)")
    }

    @Test("Processors are a number above zero", arguments: ["0", "-1", "two", "nan", "inf", "infinity", "0x2", "1e1", "2 "])
    func cpu(text: String) {
        expect("resources: {cpu: \"\(text)\"}", "1:18: resources: cpu must be a number, like \"2\", not \(text)")
    }

    @Test("Processors may be counted in parts", arguments: ["1", "2", "0.5", "1.25", "16"])
    func takenCPU(text: String) throws {
        #expect(try config("resources: {cpu: \(text)}").resources.cpu == text)
    }

    @Test("TazPod's own variables cannot be set", arguments: ["TAZPOD_VAULT", "TAZPOD_"])
    func variables(name: String) {
        expect(
            "env:\n  A: b\n  \(name): x", "3:3: env cannot set \(name): names that begin with TAZPOD_ are TazPod's own")
    }

    @Test("A variable's name is not empty and has no =", arguments: ["", "A=B", "="])
    func variableName(name: String) {
        expect("env:\n  A: b\n  \"\(name)\": x", "3:3: env cannot set \(name): a name is not empty and has no =")
    }
}
