import Contract
import Testing

@testable import Launcher

struct HostCheckTests {
    private func line(_ finding: Finding) -> String { (finding.needed ? "needed " : "") + finding.line(inColour: false) }

    @Test(
        "A kernel is new enough, too old, or not known",
        arguments: [
            ("6.1.0-28-amd64", "✓ kernel: Linux 6.1.0-28-amd64"), ("5.11", "✓ kernel: Linux 5.11"),
            ("10.0-rc1", "✓ kernel: Linux 10.0-rc1"),
            (
                "5.10.0-30-amd64",
                "needed ✗ kernel: Linux 5.10.0-30-amd64 is too old; TazPod needs 5.11 or newer: install a newer kernel"
            ),
            ("4.19.1", "needed ✗ kernel: Linux 4.19.1 is too old; TazPod needs 5.11 or newer: install a newer kernel"),
            (nil, "– kernel: its version is not known here"), ("bsd", "– kernel: its version is not known here"),
        ] as [(String?, String)])
    func kernel(release: String?, expected: String) {
        #expect(line(KernelCheck.finding(release: release)) == expected)
    }

    @Test("User namespaces may be forbidden to all, or to those who are not root, in two ways")
    func userNamespaces() {
        var host = HostFacts()
        let says = { (isUnprivileged: Bool) in line(UserNamespaceCheck.finding(host, isUnprivileged: isUnprivileged)) }
        #expect(says(false) == "– user namespaces: this kernel does not say whether it allows them")
        host.userNamespaces = 15_000
        #expect(says(true) == "✓ user namespaces: allowed")
        host.restrictedUserNamespaces = "1"
        #expect(says(false) == "✓ user namespaces: allowed")
        #expect(
            says(true) == """
                needed ✗ user namespaces: AppArmor lets users other than root make none that are of use; \
                sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or write a profile for tazpod with userns
                """)
        host.hasProfile = true
        #expect(says(true) == "✓ user namespaces: allowed")
        host.hasProfile = false
        host.unprivilegedUserNamespaces = "0"
        #expect(
            says(true) == """
                needed ✗ user namespaces: this machine allows them to root alone; \
                sudo sysctl -w kernel.unprivileged_userns_clone=1
                """)
        host.userNamespaces = 0
        #expect(
            says(false) == """
                needed ✗ user namespaces: this machine allows none, and what protects an enclave is one; \
                sudo sysctl -w user.max_user_namespaces=15000
                """)
    }

    @Test("Subordinate ids matter to a user who builds a pod without root")
    func subordinateIDs() {
        var host = HostFacts()
        let says = { (isUnprivileged: Bool) in line(SubordinateIDCheck.finding(host, isUnprivileged: isUnprivileged)) }
        #expect(says(false) == "– subuids: root needs no subordinate ids")
        host.isRoot = false
        host.user = "ann"
        #expect(says(false) == "– subuids: the engine has its own")
        host.subordinateUsers = [SubordinateIDs(first: 100_000, count: 65_536)]
        #expect(
            says(true) == """
                needed ✗ subuids: ann has 0 subordinate ids in /etc/subuid and /etc/subgid, and a pod takes 65535; \
                sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ann
                """)
        host.subordinateGroups = [SubordinateIDs(first: 1, count: 65_536), SubordinateIDs(first: 200_000, count: 65_536)]
        #expect(says(true) == "✓ subuids: ann has 65536")
        host.missingMapPrograms = ["newuidmap", "newgidmap"]
        #expect(
            says(true)
                == "needed ✗ subuids: there is no newuidmap, no newgidmap on this machine; sudo apt-get install uidmap")
    }

    @Test("Locked memory and swap are those of the place where the drivers were tried")
    func memory() {
        let says = { (place: DriverTrials?) in MemoryCheck.findings(place).map(line) }
        #expect(
            says(nil) == [
                "– locked memory: is looked at where the drivers are tried", "– swap: is looked at where the drivers are tried",
            ])
        var place = DriverTrials(configured: "auto")
        #expect(says(place) == ["✓ locked memory: without a limit", "✓ swap: off, or in memory"])
        place.lockableMemory = 8 << 20
        place.swaps = ["/dev/sda2", "/swapfile"]
        #expect(
            says(place) == [
                "✓ locked memory: up to 8 MiB",
                """
                ! swap: this machine swaps to /dev/sda2, /swapfile, where what programs of the ghost hold may be written; if it \
                is not encrypted, turn it off: sudo swapoff -a
                """,
            ])
        place.lockableMemory = 64 << 10
        #expect(
            says(place)[0] == """
                needed ✗ locked memory: a process may lock 64 KiB there, and keys take 256 KiB; raise it: ulimit -l 8192, or \
                LimitMEMLOCK= of the engine's service
                """)
    }

    @Test("A disk has room, little room, or too little")
    func disk() {
        let says = { (free: UInt64, wanted: UInt64?) in
            line(DiskCheck.finding(DiskFacts(name: "vault", path: "/p", freeBytes: free, wantedBytes: wanted)))
        }
        #expect(says(1 << 30, 512 << 20) == "✓ disk vault: 1 GiB free at /p, the vault may grow by 512 MiB")
        #expect(says(0, 0) == "✓ disk vault: 0 bytes free at /p")
        #expect(
            says(100 << 20, 512 << 20) == """
                ! disk vault: 100 MiB free at /p, and the vault may grow by 512 MiB; make room, or its ghost finds it full early
                """)
        #expect(
            says(32 << 20, 512 << 20)
                == "needed ✗ disk vault: only 32 MiB free at /p; make room for the vault, or name another vault: path:")
        #expect(says(1 << 30, nil) == "✓ disk vault: 1 GiB free at /p")
        #expect(says(1 << 20, nil) == "! disk vault: only 1 MiB free at /p, where pods are kept; make room")
        let readOnly = DiskFacts(name: "vault", path: "/p", freeBytes: 1 << 30, isWritable: false, wantedBytes: 1)
        #expect(
            line(DiskCheck.finding(readOnly))
                == "needed ✗ disk vault: /p cannot be written; give it to this user, or name another vault: path:")
    }

    @Test("An image is there, is not, or is not asked for; native has programs in its place")
    func image() {
        let says = { (answer: ImageAnswer, image: String, provider: ProjectConfig.ProviderName) in
            line(ImageCheck.finding(answer, image: image, provider: provider))
        }
        #expect(says(.present(bytes: 95 << 20), "tazpod-base", .docker) == "✓ image: docker has tazpod-base (95 MiB)")
        #expect(says(.present(bytes: nil), "a", .docker) == "✓ image: docker has a")
        #expect(
            says(.absent, "tazpod-k8s", .docker)
                == "needed ✗ image: docker has no image tazpod-k8s; make images, in TazPod's own folder")
        #expect(says(.absent, "my/image", .docker) == "needed ✗ image: docker has no image my/image; docker pull my/image")
        #expect(says(.notAsked, "a", .docker) == "– image: is looked at once docker answers")
        #expect(
            says(.programs(missing: []), "a", .native) == "✓ image: native uses this machine's own programs, and they are there")
        #expect(
            says(.programs(missing: [NativeFacts.MissingProgram(name: "tmux", package: "tmux")]), "a", .native) == """
                needed ✗ image: there is no tmux on this machine, and native uses this machine's own programs; \
                sudo apt-get install tmux
                """)
    }

    @Test("What a pod would find of the network is never in the way")
    func network() {
        let says = { (facts: NetworkFacts, engine: EngineAnswer?) in line(NetworkCheck.finding(facts, engine: engine)) }
        #expect(says(NetworkFacts(), nil) == "✓ network: a default route, 1 name server, no proxy to pass on")
        #expect(says(NetworkFacts(nameServers: 2), nil) == "✓ network: a default route, 2 name servers, no proxy to pass on")
        #expect(says(NetworkFacts(nameServers: 0), nil).hasPrefix("! network: /etc/resolv.conf names no name server"))
        #expect(says(NetworkFacts(hasDefaultRoute: false), nil).hasPrefix("! network: this machine has no default route"))
        #expect(
            says(NetworkFacts(proxyVariables: ["http_proxy"]), nil) == """
                ! network: http_proxy is set here, and a pod does not inherit it; write it under env: in config.yaml, if a pod \
                needs it
                """)
        let engine = EngineAnswer.Engine(version: "1")
        #expect(
            says(NetworkFacts(forwardsPackets: false), .answers(engine)) == """
                ! network: this machine forwards no packets, so a pod reaches nothing; sudo sysctl -w net.ipv4.ip_forward=1
                """)
        #expect(says(NetworkFacts(forwardsPackets: false), nil).hasPrefix("✓"))
        let offline = EngineAnswer.Engine(version: "1", hasNetwork: false)
        #expect(says(NetworkFacts(), .answers(offline)).hasPrefix("! network: the engine has no bridge network"))
    }
}
