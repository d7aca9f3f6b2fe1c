import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import GhostShell

/// One after the other: each takes memory and time to derive a key.
@Suite(.serialized)
struct VaultHeaderTests {
    private static let size: UInt64 = 32 << 20
    private static let cost = DerivationCost(memoryKiB: 32 * 1024, iterations: 4, threads: 1)

    private let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func newImage() throws -> Descriptor {
        let image = try Descriptor.open("\(folder.path)/image", O_RDWR | O_CREAT, mode: 0o600, stage: "make an image")
        #expect(ftruncate(image.raw, off_t(VaultHeaderTests.size)) == 0)
        return image
    }

    private func formatted() throws -> Descriptor {
        let image = try newImage()
        _ = try VaultHeader.format(
            image, key: try SecretBuffer.holding(XTSVectors.longKey), passphrase: try SecretBuffer.holding([0x70, 0x77]),
            cost: VaultHeaderTests.cost)
        return image
    }

    @Test("A new header is opened by its passphrase alone, and gives the key back")
    func keys() throws {
        let image = try formatted()
        let header = try VaultHeader.read(from: image)
        let key = try header.volumeKey(try SecretBuffer.holding([0x70, 0x77]))
        #expect(key.withBytes { Array($0) } == XTSVectors.longKey)
        #expect(throws: Failure(.proof, "the passphrase is wrong; nothing was changed")) {
            _ = try header.volumeKey(try SecretBuffer.holding([0x70]))
        }
    }

    @Test("Of a new vault's header only what is used takes room, and the slots that are not are holes")
    func sparse() throws {
        let image = try formatted()
        var status = stat()
        fstat(image.raw, &status)
        #expect(status.st_blocks * 512 <= 32 << 10 + 256 << 10)
    }

    @Test("A new vault has room for 8 keys, and says when they are taken")
    func slots() throws {
        let image = try formatted()
        let header = try VaultHeader.read(from: image)
        let proof = try header.prove(try SecretBuffer.holding([0x70, 0x77]))
        let cost = DerivationCost.leastOfAll
        for slot in 1..<8 {
            let added = try header.add(try SecretBuffer.holding([0x71, UInt8(slot)]), provenBy: proof, cost: cost)
            #expect(added == Int32(slot))
        }
        let isTaken = Failure(.vault, "every key slot is taken; remove one with tazpod vault remove-key first")
        #expect(throws: isTaken) { _ = try header.add(try SecretBuffer.holding([0x72]), provenBy: proof, cost: cost) }
        #expect(throws: isTaken) { try header.change(proof, to: try SecretBuffer.holding([0x72]), cost: cost) }
        try header.remove(7, provenBy: proof)
        #expect(try header.add(try SecretBuffer.holding([0x72]), provenBy: proof, cost: cost) == 7)
    }

    @Test("A passphrase is checked without the key")
    func check() throws {
        let image = try formatted()
        let header = try VaultHeader.read(from: image)
        #expect(throws: Never.self) { try header.check(try SecretBuffer.holding([0x70, 0x77])) }
        #expect(throws: Failure(.proof, "the passphrase is wrong; nothing was changed")) {
            try header.check(try SecretBuffer.holding([0x70, 0x78]))
        }
    }

    @Test("A new vault has 2 MiB of header, and sectors of 4096 bytes that are counted from 0")
    func segment() throws {
        let image = try formatted()
        let header = try VaultHeader.read(from: image)
        let segment = try header.dataSegment()
        #expect(segment == (try DataSegment(offset: 2 << 20, sectorSize: 4096, ivTweak: 0, imageLength: VaultHeaderTests.size)))
        let memory = header.derivationMemoryKiB()
        #expect(memory == 32 * 1024)
    }

    @Test("A vault that was cut short is refused before its key is asked for")
    func truncated() throws {
        let image = try formatted()
        #expect(ftruncate(image.raw, off_t(VaultHeaderTests.size) - 1000) == 0)
        let header = try VaultHeader.read(from: image)
        var failure: Failure?
        do throws(Failure) { _ = try header.dataSegment() } catch { failure = error }
        #expect(failure?.code == .vault)
        #expect(failure?.sentence.contains("truncated") == true)
    }

    @Test("What has no header is no vault")
    func noHeader() throws {
        let image = try newImage()
        var failure: Failure?
        do throws(Failure) { _ = try VaultHeader.read(from: image) } catch { failure = error }
        #expect(
            failure
                == Failure(
                    .vault, "the vault's image has no usable LUKS2 header: it is damaged, or no vault; restore it from a backup"))
    }
}
