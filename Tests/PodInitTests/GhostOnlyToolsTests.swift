import CLinux
import Linux
import TestSupport
import Testing

@testable import PodInit

struct GhostOnlyToolsTests {
    private func latched(_ names: String, _ pod: [String]) -> [String] {
        GhostOnlyTools(names).latched(pod.map { [UInt8]($0.utf8) }).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("The folder of the links comes first in PATH, and nothing else changes")
    func path() {
        let pod = ["A=b", "PATH=/bin:/usr/bin", "PATHS=/x"]
        #expect(latched("gemini", pod) == ["A=b", "PATH=/run/tazpod/ghost-only:/bin:/usr/bin", "PATHS=/x"])
        #expect(latched("", pod) == pod)
        #expect(latched("gemini", ["A=b"]) == ["A=b"])
    }

    @Test("What is no name is left out", arguments: ["", ":", "../x", "a/b", ".", "..", "-x"])
    func names(text: String) {
        #expect(GhostOnlyTools(text).names.isEmpty)
        #expect(GhostOnlyTools("\(text):gemini:b").names.map { $0.text } == ["gemini", "b"])
    }

    @Test("Each name is a link to tazpod beside init, also when the pod is started again")
    func links() throws {
        let folder = try Folder()
        var tools = GhostOnlyTools("gemini:b")
        tools.folder = folder.path + "/links"
        for _ in 0..<2 {
            tools.makeLinks()
            #expect(try linkTarget(tools.folder + "/gemini", stage: "read") == ownFolder() + "/tazpod")
        }
        #expect((namesInFolder(tools.folder) ?? []).count == 2)
        var status = stat()
        #expect(stat(tools.folder, &status) == 0 && status.st_mode & 0o777 == 0o755)
    }
}
