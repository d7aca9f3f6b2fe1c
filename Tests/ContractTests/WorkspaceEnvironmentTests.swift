import Contract
import Testing

struct WorkspaceEnvironmentTests {
    private func expanded(_ pod: String...) -> [String] {
        WorkspaceEnvironment.expanded(pod.map { [UInt8]($0.utf8) }).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("What the config sets gets its own name back, and comes before what the image sets")
    func names() {
        #expect(
            expanded("A=1", "TAZPOD_ENV_B=2", "LD_PRELOAD=", "TAZPOD_ENV_A=3", "TAZPOD_ENV_E=x=y", "TAZPOD_ENV_N=")
                == ["LD_PRELOAD=", "B=2", "A=3", "E=x=y", "N="])
    }

    @Test("What is meant for TazPod's programs is left out")
    func own() {
        #expect(expanded("TAZPOD_USER=u", "TAZPOD_ATTACH_TOKEN=t", "PATH=/bin") == ["PATH=/bin"])
    }
}
