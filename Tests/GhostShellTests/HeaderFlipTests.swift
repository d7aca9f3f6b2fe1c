import CLinux
import Contract
import Linux
import Testing

@testable import GhostShell

/// Every byte of both copies of a header, damaged one at a time. One after the other: they share one image.
@Suite(.serialized)
final class HeaderFlipTests {
    /// A binary header and its JSON; the second copy follows the first (LUKS2 on-disk format, section 2).
    private static let copySize = 16384
    private static let jsonPosition = 4096
    /// The half of the checksum's field that SHA-256 does not fill: it means nothing, and nothing notices a change there.
    private static let unused = 480..<512

    private let image: Descriptor
    private let whole: [UInt8]
    private let segment: DataSegment

    init() throws {
        // In memory: each of many thousand headers is written as to a disk.
        image = try Descriptor.open("/dev/shm", O_RDWR | O_TMPFILE, mode: 0o600, stage: "make an image")
        #expect(ftruncate(image.raw, 17 << 20) == 0)
        let header = try VaultHeader.format(
            image, key: try SecretBuffer.holding(XTSVectors.longKey), passphrase: try SecretBuffer.holding([0x70, 0x77]),
            cost: DerivationCost(memoryKiB: 32 * 1024, iterations: 4, threads: 1))
        segment = try header.dataSegment()
        whole = HeaderFlipTests.bytes(of: image, at: 0, 2 * HeaderFlipTests.copySize)
    }

    private static func bytes(of image: borrowing Descriptor, at position: Int, _ length: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        let count = pread(image.raw, &bytes, length, off_t(position))
        return Array(bytes.prefix(max(count, 0)))
    }

    private func restore() {
        _ = whole.withUnsafeBytes { pwrite(image.raw, $0.baseAddress, $0.count, 0) }
        age()
    }

    /// The clock of files is coarse: what is written here at once would have the time of what is written next.
    private func age() {
        futimens(image.raw, [timespec(), timespec()])
    }

    /// Changes one bit of the byte at `position`, and opens the header.
    ///
    /// - Returns: what is wrong with what came of it.
    private func flip(_ position: Int) -> String? {
        restore()
        var byte = whole[position] ^ UInt8(1 << (position % 8))
        pwrite(image.raw, &byte, 1, off_t(position))
        age()
        let isMended: Bool
        do throws(Failure) {
            let header = try VaultHeader.read(from: image)
            isMended = header.isMended
            guard try header.dataSegment() == segment else { return "another data segment" }
        } catch {
            return "refused: \(error.sentence)"
        }
        let matters = !HeaderFlipTests.unused.contains(position % HeaderFlipTests.copySize)
        if isMended != matters { return isMended ? "mended without need" : "not mended" }
        let now = HeaderFlipTests.bytes(of: image, at: 0, whole.count)
        for copy in [0, HeaderFlipTests.copySize] where !isSame(now, whole, from: copy + HeaderFlipTests.jsonPosition) {
            return "the copy at \(copy) is not as it was"
        }
        return nil
    }

    /// Whether the JSON that begins at `start` is the same. (memcmp(3), since these are tests without optimization.)
    private func isSame(_ one: [UInt8], _ other: [UInt8], from start: Int) -> Bool {
        let length = HeaderFlipTests.copySize - HeaderFlipTests.jsonPosition
        return one.withUnsafeBytes { one in
            other.withUnsafeBytes { other in
                guard let first = one.baseAddress, let second = other.baseAddress else { return false }
                return memcmp(first + start, second + start, length) == 0
            }
        }
    }

    @Test("A header that is whole is not touched")
    func untouched() throws {
        restore()
        let isMended = try VaultHeader.read(from: image).isMended
        #expect(!isMended)
        #expect(HeaderFlipTests.bytes(of: image, at: 0, whole.count) == whole)
    }

    @Test("A bit that changes in any byte of one copy of the header is mended from the other, which is left, and noticed")
    func everyByte() {
        let wrong = (0..<whole.count).compactMap { position in flip(position).map { "at \(position): \($0)" } }
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(3))")
    }
}
