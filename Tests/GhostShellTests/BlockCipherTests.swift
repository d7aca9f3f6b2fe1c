import Contract
import Linux
import Testing

@testable import GhostShell

extension SecretBuffer {
    /// A buffer that is filled with `bytes`.
    static func holding(_ bytes: [UInt8]) throws -> SecretBuffer {
        var buffer = try SecretBuffer(capacity: bytes.count)
        for byte in bytes { _ = buffer.append(byte) }
        return buffer
    }
}

extension BlockCipher {
    convenience init(_ key: [UInt8], sectorSize: UInt64, ivTweak: UInt64 = 0) throws {
        let segment = try DataSegment(offset: 0, sectorSize: sectorSize, ivTweak: ivTweak, imageLength: 1 << 40)
        try self.init(segment: segment, key: try SecretBuffer.holding(key))
    }

    /// The cipher text of `plain`, or nil.
    func encrypted(_ plain: [UInt8], at position: UInt64) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: plain.count)
        return encrypt(from: plain, to: &result, length: plain.count, position: position) ? result : nil
    }

    /// The plain text of `text`, or nil.
    func decrypted(_ text: [UInt8], at position: UInt64) -> [UInt8]? {
        var result = [UInt8](repeating: 0, count: text.count)
        return decrypt(from: text, to: &result, length: text.count, position: position) ? result : nil
    }
}

struct BlockCipherTests {
    private typealias Vectors = XTSVectors

    @Test("AES-128 gives the standard's cipher text, and the plain text back")
    func vector4() throws {
        let cipher = try BlockCipher(Vectors.shortKey, sectorSize: 512)
        #expect(cipher.encrypted(Vectors.counting, at: 0) == Vectors.cipherText4)
        #expect(cipher.decrypted(Vectors.cipherText4, at: 0) == Vectors.counting)
    }

    @Test("AES-256 gives the standard's cipher text, and the plain text back")
    func vector10() throws {
        let cipher = try BlockCipher(Vectors.longKey, sectorSize: 512)
        #expect(cipher.encrypted(Vectors.counting, at: 255 * 512) == Vectors.cipherText10)
        #expect(cipher.decrypted(Vectors.cipherText10, at: 255 * 512) == Vectors.counting)
    }

    @Test("Each of several sectors has the number of its own place")
    func severalSectors() throws {
        let cipher = try BlockCipher(Vectors.shortKey, sectorSize: 512)
        let plain = Vectors.counting + Vectors.cipherText4
        #expect(cipher.encrypted(plain, at: 0) == Vectors.cipherText4 + Vectors.cipherText5)
        #expect(cipher.decrypted(Vectors.cipherText4 + Vectors.cipherText5, at: 0) == plain)
    }

    @Test(
        "The segment's tweak is added to a sector's number",
        arguments: [(255, 0), (250, 5 * 512), (0, 255 * 512)] as [(UInt64, UInt64)])
    func tweak(tweak: UInt64, position: UInt64) throws {
        let cipher = try BlockCipher(Vectors.longKey, sectorSize: 512, ivTweak: tweak)
        #expect(cipher.encrypted(Vectors.counting, at: position) == Vectors.cipherText10)
    }

    @Test("A number beyond 64 bits begins again at 0, as dm-crypt's does")
    func wrap() throws {
        let cipher = try BlockCipher(Vectors.shortKey, sectorSize: 512, ivTweak: UInt64.max)
        #expect(cipher.encrypted(Vectors.counting, at: 512) == Vectors.cipherText4)
    }

    /// The first block of a sector of 4096 bytes, the one at 512, and the last. Computed with Python's cryptography, whose
    /// XTS was given the number of the sector's first 512 bytes.
    @Test(
        "A sector of 4096 bytes is one unit, numbered by its first 512 bytes",
        arguments: [
            (0, 0, "a713e6493c9e1db208b29de59a0b3a0b dd7bee64c07dc5203ff87a6f0fa996f8 eaf61d5c193a3cb64a09dd8e1d209464"),
            (0, 4096, "fd5b78907a8db1fe39c09a9e486dbe7d d1507554a2d60b5fa2f6d8fcc64f3401 263aea58bc3c624630cbf18b3aa9bbb4"),
            (5, 8192, "d624d97791bcb86457ee302177b137f3 f2be499ad568a415f548b8cee26c94cb 98d7cb0a05399fe28a9aeb43af2abc1f"),
            (
                UInt64.max, 4096,
                "35e60e6546cc1ba8e94f1303cde63294 6a2d76a75f531dedbf07bf84f1bedd23 323f8e40f9c690f5bb817f1f3d8ca344"
            ),
        ] as [(UInt64, UInt64, String)])
    func largeSector(tweak: UInt64, position: UInt64, blocks: String) throws {
        let cipher = try BlockCipher(Vectors.longKey, sectorSize: 4096, ivTweak: tweak)
        let plain = (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) }
        let text = try #require(cipher.encrypted(plain, at: position))
        #expect(Array(text[..<16] + text[512..<528] + text[4080...]) == Vectors.bytes(blocks))
        let isBack = cipher.decrypted(text, at: position) == plain
        #expect(isBack)
    }

    @Test("Source and target may be the same memory")
    func inPlace() throws {
        let cipher = try BlockCipher(Vectors.shortKey, sectorSize: 512)
        var bytes = Vectors.counting
        let done = bytes.withUnsafeMutableBytes { memory in
            memory.baseAddress.map { cipher.encrypt(from: $0, to: $0, length: memory.count, position: 0) }
        }
        #expect(done == true)
        #expect(bytes == Vectors.cipherText4)
    }

    @Test("Requests side by side do not disturb each other")
    func concurrent() async throws {
        let cipher = try BlockCipher(Vectors.longKey, sectorSize: 512)
        let wrong = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<200).count { _ in
                        cipher.encrypted(Vectors.counting, at: 255 * 512) != Vectors.cipherText10
                            || cipher.decrypted(Vectors.cipherText10, at: 255 * 512) != Vectors.counting
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }
}
