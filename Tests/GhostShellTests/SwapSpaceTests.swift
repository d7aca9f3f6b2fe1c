import Linux
import Testing

@testable import GhostShell

struct SwapSpaceTests {
    private static let head = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"

    @Test("Without swap there is no warning", arguments: ["", head])
    func none(table: String) {
        #expect(SwapSpace.onDisk(table).isEmpty)
        #expect(SwapSpace.warning(table) == nil)
    }

    @Test("Compressed memory is memory")
    func zram() {
        #expect(SwapSpace.warning(SwapSpaceTests.head + "/dev/zram0    partition\t1048572\t\t0\t\t100\n") == nil)
    }

    @Test("A partition and a file are named")
    func disk() {
        let table =
            SwapSpaceTests.head + "/dev/sda2                               partition\t1048572\t\t0\t\t-2\n"
            + "/dev/zram0 partition 1 0 100\n/swapfile\\040a file 1 0 -3\n"
        #expect(SwapSpace.onDisk(table) == ["/dev/sda2", "/swapfile\\040a"])
        #expect(SwapSpace.warning(table)?.hasPrefix("this machine swaps to /dev/sda2, /swapfile\\040a: ") == true)
    }
}
