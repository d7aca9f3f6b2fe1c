import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import Launcher

struct UserPodTests {
    @Test("A pod without root gets no device and nothing to make one with", arguments: ["auto", "ram"])
    func devices(driver: String) throws {
        let result = try UserPod.plan(plan("vault: {driver: \(driver)}"))
        #expect(result.workspace.devices == PodPlan.Devices())
        #expect(!result.workspace.capabilities.contains("MKNOD"))
        #expect(result.workspace.capabilities.contains("SYS_ADMIN"))
        #expect(result.workspace.mounts == (try plan().workspace.mounts))
    }

    @Test("A driver that takes root's devices is refused", arguments: [("fuse", "loop devices"), ("dmcrypt", "device-mapper")])
    func drivers(driver: String, device: String) throws {
        let plan = try plan("vault: {driver: \(driver)}")
        let error = #expect(throws: Failure.self) { _ = try UserPod.plan(plan) }
        #expect(
            error
                == Failure(
                    .provider,
                    """
                    the driver \(driver) takes \(device), which native pods have only when root starts them; write driver: auto or \
                    ram under vault: in config.yaml
                    """))
    }

    @Test("What is another's, and closed to others, is out of its reach", .enabled(if: Requirement.root, "needs root"))
    func reach() throws {
        let folder = try Folder()
        let vault = "\(folder.path)/vault"
        #expect(mkdir(vault, 0o700) == 0)
        let image = "\(vault)/vault.img"
        _ = try Descriptor.open(image, O_WRONLY | O_CREAT, mode: 0o600, stage: "make a file")
        let check = { try problem(folder.path, vault) }
        for path in [folder.path, vault, image] { chown(path, 4321, 4322) }
        #expect(try check() == nil)
        chown(image, 4321, 99)
        #expect(
            try check() == """
                \(image) is closed to a pod that root did not start: it is of uid 4321 and gid 99, and such a pod reaches what is \
                of uid 4321 and gid 4322; give it to them (chown), or open it to others (chmod)
                """)
        chmod(image, 0o606)
        #expect(try check() == nil)
        chown(vault, 0, 0)
        #expect(try check()?.hasPrefix("\(vault) is closed") == true)
        chown(folder.path, 0, 4322)
        #expect(try check()?.hasPrefix("\(folder.path) is closed") == true)
    }

    private func problem(_ folder: String, _ vault: String) throws -> String? {
        var plan = try plan()
        plan.workspace.mounts = [
            PodPlan.Mount(source: .folder(folder), target: "/workspace"),
            PodPlan.Mount(source: .folder(vault), target: PodPaths.vaultDirectory),
        ]
        do throws(Failure) {
            try UserPod(uid: 4321, gid: 4322).checkReach(plan)
            return nil
        } catch {
            return error.sentence
        }
    }
}

struct NativeNoticesTests {
    @Test("What no native pod has is said, and nothing else")
    func lines() throws {
        #expect(NativeNotices.lines(for: try plan()) == [])
        #expect(NativeNotices.lines(for: try plan("resources: {memory: 4GiB}")).first?.contains("resources:") == true)
        #expect(NativeNotices.lines(for: try plan("ports: ['3000']\nresources: {cpu: '2'}")).count == 2)
    }
}

struct NativeStoreTests {
    private func root(_ variables: [String: String]) -> String {
        NativeStore.usersRoot({ variables[$0] }, uid: 0)
    }

    @Test("A user's pods are where XDG has state, by the variable, else by the home")
    func usersRoot() {
        #expect(root(["XDG_STATE_HOME": "/state", "HOME": "/home/ann"]) == "/state/tazpod")
        #expect(root(["XDG_STATE_HOME": "state", "HOME": "/home/ann"]) == "/home/ann/.local/state/tazpod")
        #expect(root(["XDG_STATE_HOME": "", "HOME": "ann"]) == "/root/.local/state/tazpod")
        #expect(root([:]) == "/root/.local/state/tazpod")
    }
}
