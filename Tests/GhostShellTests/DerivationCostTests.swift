import Testing

@testable import GhostShell

struct DerivationCostTests {
    @Test(
        "A quarter of the free memory is taken, within bounds",
        arguments: [
            (64, 32), (100, 32), (128, 32), (200, 50), (512, 128), (1024, 256), (1025, 256), (1 << 20, 256),
        ] as [(UInt64, UInt32)])
    func memory(availableMiB: UInt64, expectedMiB: UInt32) throws {
        let cost = try #require(DerivationCost.forNewVault(availableKiB: availableMiB * 1024, processors: 2))
        #expect(cost.memoryKiB == expectedMiB * 1024)
    }

    @Test("With less than twice the least there is no vault", arguments: [0, 1, 32 * 1024, 64 * 1024 - 1] as [UInt64])
    func tooLittle(availableKiB: UInt64) {
        #expect(DerivationCost.forNewVault(availableKiB: availableKiB, processors: 2) == nil)
    }

    @Test("Where the memory is not known to be limited, the most is taken")
    func unlimited() {
        #expect(DerivationCost.forNewVault(availableKiB: UInt64.max, processors: 2)?.memoryKiB == 262_144)
    }

    @Test(
        "There are as many threads as processors, from one to four",
        arguments: [(-1, 1), (0, 1), (1, 1), (3, 3), (4, 4), (64, 4)] as [(Int, UInt32)])
    func threads(processors: Int, expected: UInt32) {
        #expect(DerivationCost.forNewVault(availableKiB: 1 << 20, processors: processors)?.threads == expected)
    }

    @Test("There are never fewer iterations than libcryptsetup takes")
    func iterations() {
        #expect(DerivationCost.forNewVault(availableKiB: 1 << 20, processors: 1)?.iterations == 4)
    }
}
