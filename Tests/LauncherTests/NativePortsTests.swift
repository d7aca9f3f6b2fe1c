import Contract
import Testing

@testable import Launcher

struct NativePortsTests {
    @Test("A port that is the same one on loopback is there already", arguments: ["3000", "3000:3000", "127.0.0.1:3000:3000"])
    func same(port: String) throws {
        try NativePorts.check(plan("ports: ['\(port)']"))
    }

    @Test(
        "Another port, or another address, is refused with what to write",
        arguments: [("9000:80", "127.0.0.1:9000:80"), ("0.0.0.0:80:80", "0.0.0.0:80:80")])
    func other(port: String, asked: String) throws {
        let plan = try plan("ports: ['3000', '\(port)']")
        let error = #expect(throws: Failure.self) { try NativePorts.check(plan) }
        #expect(error?.code == .provider)
        #expect(
            error?.sentence.contains("under ports: write \"80\" in place of \"\(asked)\", or choose docker or podman") == true)
    }
}

struct GPUNodesTests {
    @Test("A GPU's device nodes are known by their names")
    func nodes() {
        let names = ["null", "nvidia0", "nvidiactl", "nvidia-uvm", "nvidia-caps", "dri", "kfd", "dxg", "loop0", "drip"]
        #expect(
            GPUNodes.nodes(among: names) == [
                "/dev/dri", "/dev/dxg", "/dev/kfd", "/dev/nvidia-caps", "/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidiactl",
            ])
    }

    @Test("Who wants none gets none")
    func unwanted() throws {
        #expect(try GPUNodes.wanted(by: plan()) == [])
    }

    @Test("A native pod gets a GPU's nodes into its /dev")
    func bound() throws {
        var layout = NativeLayout(plan: try plan(), state: "", hostPrograms: "")
        layout.gpuNodes = ["/dev/nvidia0"]
        let arguments = layout.arguments(root: HostRoot(folders: [], links: [], resolverFile: nil))
        let dev = try #require(arguments.firstIndex(of: "--dev"))
        let node = try #require(arguments.firstIndex(of: "--dev-bind"))
        #expect(dev < node && arguments[node...].starts(with: ["--dev-bind", "/dev/nvidia0", "/dev/nvidia0"]))
    }
}
