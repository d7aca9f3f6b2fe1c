import Contract
import Testing

@testable import Launcher

/// The project of the folder /p/web, which is on no disk.
func project(_ text: String = "") throws -> Project {
    Project(directory: "/p/web", config: try config(text))
}

func plan(_ text: String = "") throws -> PodPlan {
    try PodPlanner.plan(project(text))
}

struct PodPlannerTests {
    private typealias Mount = PodPlan.Mount

    @Test("A project without a word in its file has a whole plan")
    func defaults() throws {
        let result = try plan()
        #expect(
            result
                == PodPlan(
                    name: try project().podName, project: "web", directory: "/p/web",
                    workspace: PodPlan.Container(
                        image: "tazpod-base", user: "tazpod", hostname: "web",
                        mounts: [
                            Mount(source: .folder("/p/web"), target: "/workspace"),
                            Mount(source: .folder("/p/web/.tazpod/vault"), target: "/run/tazpod/private/vault"),
                            Mount(source: .memory(mode: "0555"), target: "/workspace/.tazpod/vault", isReadOnly: true),
                        ],
                        environment: [
                            "TAZPOD_USER": "tazpod", "TAZPOD_PROJECT": "web",
                            "TAZPOD_VAULT": "/run/tazpod/private/vault/vault.img", "TAZPOD_VAULT_SIZE": "536870912",
                            "TAZPOD_VAULT_DRIVER": "auto", "TAZPOD_VAULT_SAVE_EVERY": "300",
                            "TAZPOD_BRIDGES": ".infisical:infisical-keyring:.gemini",
                        ],
                        ports: [], devices: PodPlan.Devices(paths: ["/dev/fuse", "/dev/loop-control"], blockMajors: [7]),
                        capabilities: PodPlanner.capabilities, security: PodPlan.Security(), resources: PodPlan.Resources(),
                        readyProbe: ["tazpod-init", "--probe", "ready"], liveProbe: ["tazpod-init", "--probe", "live"])))
    }

    @Test("What the file says gets into the plan")
    func everything() throws {
        let container = try plan(
            """
            name: other
            image: mine
            user: ann
            vault: {path: v/x.img, size: 64MiB, driver: fuse, save_every: 10m}
            bridges: [a]
            enclave: {allow: [userfaultfd, io_uring, userfaultfd]}
            ports: ["9000:8372"]
            env: {EDITOR: nvim}
            resources: {cpu: "1.5", memory: 1GiB, gpu: true}
            kubernetes: {namespace: me}
            """
        ).workspace
        #expect(container.image == "mine")
        #expect(container.user == "ann")
        #expect(container.hostname == "other")
        #expect(container.ports == [PodPlan.Port(hostAddress: "127.0.0.1", hostPort: 9000, podPort: 8372)])
        #expect(container.resources == PodPlan.Resources(cpu: "1.5", memory: 1_073_741_824, gpu: true))
        #expect(
            container.environment == [
                "TAZPOD_ENV_EDITOR": "nvim", "TAZPOD_USER": "ann", "TAZPOD_PROJECT": "other",
                "TAZPOD_VAULT": "/run/tazpod/private/vault/x.img", "TAZPOD_VAULT_SIZE": "67108864",
                "TAZPOD_VAULT_DRIVER": "fuse", "TAZPOD_VAULT_SAVE_EVERY": "600", "TAZPOD_BRIDGES": "a",
                "TAZPOD_ENCLAVE_ALLOW": "io_uring:userfaultfd",
            ])
    }

    @Test("No more capabilities are asked for than these, and no privilege beside them")
    func capabilities() throws {
        let container = try plan().workspace
        #expect(
            container.capabilities == [
                "CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "MKNOD", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_ADMIN",
            ])
        #expect(container.security.noNewPrivileges)
        #expect(container.security.seccomp == "default")
    }

    @Test("Device-mapper is for those who ask for it by name")
    func deviceMapper() throws {
        #expect(try plan("vault: {driver: auto}").workspace.devices.paths == ["/dev/fuse", "/dev/loop-control"])
        let devices = try plan("vault: {driver: dmcrypt}").workspace.devices
        #expect(devices.paths == ["/dev/mapper/control", "/dev/loop-control"])
        #expect(devices.blockMajors == [7])
        #expect(devices.blockDrivers == ["device-mapper"])
    }

    @Test("A vault in memory needs no device, and none to be made")
    func memory() throws {
        let container = try plan("vault: {driver: ram}").workspace
        #expect(container.devices == PodPlan.Devices())
        #expect(container.capabilities == PodPlanner.capabilities.filter { $0 != "MKNOD" })
    }

    @Test(
        "What this version cannot do is refused, and not left out in silence",
        arguments: [
            ("network: {allow: [a.org]}", "network: allow:"),
            ("network: {allow: []}", "network: allow:"), ("agent: {name: x}", "agent:"),
        ])
    func refused(text: String, missing: String) {
        let error = #expect(throws: Failure.self) { try plan(text) }
        #expect(error?.code == .provider)
        #expect(error?.sentence.hasPrefix("this version does not know \(missing)") == true)
    }
}

/// The vault's folder is kept out of the public area's sight.
struct PlannedMountTests {
    private typealias Mount = PodPlan.Mount
    private static let real = "/run/tazpod/private/vault"

    @Test(
        "However the workspace is written, the vault's folder is covered in it",
        arguments: [".", "./", "./.", ".//"])
    func covered(workspace: String) throws {
        let mounts = try plan("workspace: \(workspace)").workspace.mounts
        #expect(mounts[0] == Mount(source: .folder("/p/web"), target: "/workspace"))
        #expect(mounts.contains(Mount(source: .memory(mode: "0555"), target: "/workspace/.tazpod/vault", isReadOnly: true)))
    }

    @Test("A vault below the workspace is covered where it is seen")
    func inner() throws {
        let mounts = try plan("workspace: src\nvault: {path: src/a/v.img}").workspace.mounts
        #expect(
            mounts.dropLast() == [
                Mount(source: .folder("/p/web/src"), target: "/workspace"),
                Mount(source: .folder("/p/web/src/a"), target: PlannedMountTests.real),
                Mount(source: .memory(mode: "0555"), target: "/workspace/a", isReadOnly: true),
            ])
    }

    @Test("A vault beside the workspace needs no cover", arguments: ["other/v.img", "src2/v.img", "v.img"])
    func beside(path: String) throws {
        let mounts = try plan("workspace: src\nvault: {path: \(path)}").workspace.mounts
        #expect(mounts.map { $0.target } == ["/workspace", PlannedMountTests.real, PlannedMountTests.own])
    }

    private static let own = "/run/tazpod/project/.tazpod"

    @Test("A workspace that is a part of the project sees the project's own files beside it, read-only, without the vault")
    func projectFiles() throws {
        let mounts = try plan("workspace: src").workspace.mounts
        #expect(
            mounts.suffix(2) == [
                Mount(source: .folder("/p/web/.tazpod"), target: PlannedMountTests.own, isReadOnly: true),
                Mount(source: .memory(mode: "0555"), target: "\(PlannedMountTests.own)/vault", isReadOnly: true),
            ])
    }

    @Test("A vault that would be seen with those files keeps them out of the pod")
    func uncovered() throws {
        let mounts = try plan("workspace: src\nvault: {path: .tazpod/v.img}").workspace.mounts
        #expect(mounts.map { $0.target } == ["/workspace", PlannedMountTests.real])
    }

    @Test("A machine that has none of this one's folders is asked for none of them")
    func elsewhere() throws {
        let plan = try plan("workspace: src")
        for moved in [try plan.elsewhere(), plan.withoutProjectFiles] {
            #expect(moved.workspace.mounts.map { $0.target } == ["/workspace", PlannedMountTests.real])
        }
    }

    @Test(
        "A vault in the workspace itself is found there",
        arguments: ["vault: {path: v.img}", "vault: {path: ./v.img}", "workspace: ./src\nvault: {path: src/v.img}"])
    func same(text: String) throws {
        let container = try plan(text).workspace
        #expect(container.mounts.map { $0.target }.filter { $0 != PlannedMountTests.own } == ["/workspace"])
        #expect(container.environment["TAZPOD_VAULT"] == "/workspace/v.img")
    }
}
