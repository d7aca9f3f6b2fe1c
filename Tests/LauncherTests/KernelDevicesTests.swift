import Testing

@testable import Launcher

@Suite struct KernelDevicesTests {
    @Test("A block driver is found by its name, and character devices are not looked at") func byName() {
        let text = "Character devices:\n  1 mem\n 10 misc\n253 device-mapper\n\nBlock devices:\n  7 loop\n252 device-mapper\n"
        #expect(KernelDevices.blockMajors(in: text) == ["loop": 7, "device-mapper": 252])
    }

    @Test(
        "A text without block devices has none",
        arguments: ["", "Block devices:\n", "Character devices:\n  7 loop\n", "Block devices:\n x y z\nloop\n"])
    func noDevices(text: String) {
        #expect(KernelDevices.blockMajors(in: text).isEmpty)
    }
}
