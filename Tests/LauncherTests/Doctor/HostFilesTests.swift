import Testing

@testable import Launcher

struct HostFilesTests {
    @Test("A user has a name, or a number where there is none")
    func user() {
        #expect(HostFiles.userName("root:x:0:0::/:\nann:x:1000:1000::/:\n", uid: 1000) == "ann")
        #expect(HostFiles.userName("", uid: 7) == "7")
    }

    @Test("Name servers are the lines that say so")
    func nameServers() {
        #expect(HostFiles.nameServers("# nameserver 1.1.1.1\nnameserver 10.0.0.1\nnameserver\tfd00::1\nsearch a\n") == 2)
        #expect(HostFiles.nameServers("") == 0)
    }

    @Test("A default route is one to everywhere, of either family")
    func routes() {
        let head = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
        let local = "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n"
        let all = "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\n"
        #expect(!HostFiles.hasDefaultRoute(ipv4: head + local, ipv6: ""))
        #expect(HostFiles.hasDefaultRoute(ipv4: head + local + all, ipv6: ""))
        let zero = String(repeating: "0", count: 32)
        let six = { (device: String) in "\(zero) 00 \(zero) 00 \(zero) 00000400 00000001 00000000 00000003 \(device)\n" }
        #expect(HostFiles.hasDefaultRoute(ipv4: "", ipv6: six("eth0")))
        #expect(!HostFiles.hasDefaultRoute(ipv4: "", ipv6: six("lo")))
    }

    @Test("Proxies are named without their values, unless the config passes them on")
    func proxies() {
        let environment = ["http_proxy": "http://u:p@h", "HTTPS_PROXY": "x", "all_proxy": "", "no_proxy": "y"]
        #expect(HostFiles.proxyVariables(environment, passedOn: ["http_proxy"]) == ["HTTPS_PROXY"])
        #expect(HostFiles.proxyVariables([:], passedOn: []) == [])
    }

    @Test(
        "Sizes are shown as people write them",
        arguments: [
            (0, "0 bytes"), (1023, "1023 bytes"), (64 << 10, "64 KiB"), (8 << 20, "8 MiB"), (3 << 29, "1.5 GiB"),
            (72 << 30, "72 GiB"), (1 << 40, "1 TiB"),
        ] as [(UInt64, String)])
    func sizes(bytes: UInt64, text: String) {
        #expect(Quantities.text(bytes) == text)
    }
}
