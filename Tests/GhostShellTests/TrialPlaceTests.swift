import Testing

@testable import GhostShell

struct TrialPlaceTests {
    private let filesystems = "nodev\tsysfs\nnodev\tfuse\n\text4\n\tfuseblk\n"
    private let miscellaneous = "236 device-mapper\n237 loop-control\n229 fuse\n"
    private let devices = "Character devices:\n 10 misc\n\nBlock devices:\n  7 loop\n253 device-mapper\n"

    @Test("A kernel that has all is known by its lists")
    func all() {
        #expect(
            TrialPlace.kernelFeatures(filesystems: filesystems, miscellaneous: miscellaneous, devices: devices)
                == ["fuse", "ext4", "loop", "device-mapper"])
    }

    @Test(
        "Only the first user namespace has all of the machine's ids",
        arguments: [
            ("         0          0 4294967295\n", false), ("0 1000 1\n", true), ("0 1 1000\n1000 0 1\n1001 1001 64536\n", true),
            ("", false),
        ])
    func userNamespace(idMap: String, isPart: Bool) {
        #expect(TrialPlace.isPart(idMap: idMap) == isPart)
    }

    @Test("What no list has is not there, and another name that begins or ends alike is not it")
    func none() {
        #expect(TrialPlace.kernelFeatures(filesystems: "", miscellaneous: "", devices: "") == [])
        #expect(
            TrialPlace.kernelFeatures(
                filesystems: "\tfuseblk\nnodev\text4x\n", miscellaneous: "1 device-mapper-x\n", devices: "  7 loops\n") == [])
    }
}
