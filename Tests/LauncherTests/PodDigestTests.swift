import Testing

@testable import Launcher

struct PodDigestTests {
    @Test("The same plan has the same digest, also in another order of its variables")
    func same() throws {
        let first = try plan("env: {A: x, B: y, C: z}")
        let second = try plan("env: {C: z, A: x, B: y}")
        #expect(first.digest == second.digest)
        #expect(first.digest.count == 16)
    }

    @Test(
        "Whatever changes in the project's file changes the digest",
        arguments: [
            "name: other", "image: other", "user: other", "workspace: src", "vault: {path: a/v.img}", "vault: {size: 1GiB}",
            "vault: {driver: fuse}", "bridges: []", "ports: [\"3000\"]", "env: {A: x}", "resources: {cpu: 2}",
            "resources: {memory: 1GiB}",
        ])
    func different(text: String) throws {
        #expect(try plan(text).digest != plan().digest)
    }

    @Test("Any part of a plan counts", arguments: [0, 1, 2, 3, 4, 5])
    func parts(part: Int) throws {
        let before = try plan()
        var after = before
        switch part {
        case 0: after.workspace.capabilities.removeLast()
        case 1: after.workspace.security.noNewPrivileges = false
        case 2: after.workspace.devices.paths = []
        case 3: after.workspace.mounts.removeLast()
        case 4: after.workspace.readyProbe = []
        default: after.directory = "/elsewhere"
        }
        #expect(after.digest != before.digest)
    }
}
