import CLinux
import Contract
import Linux
import TestSupport
import Testing

@testable import GhostShell

/// An image of a few sectors behind an offset, and the device that it holds.
private struct DeviceInFile: ~Copyable {
    static let offset: UInt64 = 8192
    static let key = XTSVectors.longKey

    let length: Int
    let file: Descriptor
    let cipher: BlockCipher
    let device: PlainDevice
    private let folder: Folder

    init(sectorSize: UInt64, length: Int = 16 * 4096) throws {
        let folder = try Folder()
        let file = try Descriptor.open("\(folder.path)/image", O_RDWR | O_CREAT, mode: 0o600, stage: "make an image")
        #expect(ftruncate(file.raw, off_t(DeviceInFile.offset) + off_t(length)) == 0)
        let segment = try DataSegment(
            offset: DeviceInFile.offset, sectorSize: sectorSize, ivTweak: 0, imageLength: DeviceInFile.offset + UInt64(length))
        let cipher = try BlockCipher(segment: segment, key: try SecretBuffer.holding(DeviceInFile.key))
        device = PlainDevice(segment: segment, image: file.raw, cipher: cipher)
        self.cipher = cipher
        self.length = length
        self.file = file
        self.folder = folder
    }

    func read(at position: UInt64, _ length: Int) throws(SystemError) -> [UInt8] {
        var result: [UInt8] = []
        try device.read(at: position, length: length) { result = Array($0) }
        return result
    }

    func write(_ bytes: [UInt8], at position: UInt64) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { memory in
            do throws(SystemError) {
                try device.write(memory, at: position)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// What lies in the image itself.
    func stored(at position: Int, _ length: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: length)
        let count = pread(file.raw, &bytes, length, off_t(DeviceInFile.offset) + off_t(position))
        return Array(bytes.prefix(max(count, 0)))
    }
}

struct PlainDeviceTests {
    private static let sectorSizes: [UInt64] = [512, 4096]

    @Test("What is written at any place and of any length is read back, and nothing beside it changes", arguments: sectorSizes)
    func anywhere(sectorSize: UInt64) throws {
        let image = try DeviceInFile(sectorSize: sectorSize)
        var expected = try image.read(at: 0, image.length)
        // A fixed pseudo-random sequence, with every third write in whole sectors.
        var state: UInt64 = 42
        func next(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for round in 0..<300 {
            let unit = round % 3 == 0 ? Int(sectorSize) : 1
            let position = next(image.length / unit) * unit
            let length = min((next(3 * Int(sectorSize) / unit) + 1) * unit, image.length - position)
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: next(256)) }
            try image.write(bytes, at: UInt64(position))
            expected.replaceSubrange(position..<position + length, with: bytes)
            let from = next(image.length)
            let part = try image.read(at: UInt64(from), 5000)
            // A comparison within #expect would list every byte that differs.
            let isSame = part == Array(expected[from..<min(from + 5000, expected.count)])
            try #require(isSame, "in round \(round), at \(from)")
        }
        let all = try image.read(at: 0, image.length)
        let isSame = all == expected
        #expect(isSame)
    }

    @Test("What lies in the image is the cipher text of its sector", arguments: sectorSizes)
    func cipherText(sectorSize: UInt64) throws {
        let image = try DeviceInFile(sectorSize: sectorSize)
        let plain = [UInt8](repeating: 0x41, count: 2 * Int(sectorSize))
        try image.write(plain, at: 3 * sectorSize)
        let stored = image.stored(at: 3 * Int(sectorSize), plain.count)
        let isSame = stored == image.cipher.encrypted(plain, at: 3 * sectorSize)
        #expect(isSame)
    }

    @Test("A write of a part of a sector stores no plain text", arguments: sectorSizes)
    func partOfSector(sectorSize: UInt64) throws {
        let image = try DeviceInFile(sectorSize: sectorSize)
        let canary = [UInt8]("canary canary canary canary".utf8)
        try image.write(canary, at: sectorSize - 10)
        let stored = image.stored(at: 0, 3 * Int(sectorSize))
        #expect(String(decoding: stored, as: UTF8.self).contains("canary") == false)
        let back = try image.read(at: sectorSize - 10, canary.count)
        #expect(back == canary)
    }

    @Test("A read at the end is short, and one beyond it empty")
    func readAtEnd() throws {
        let image = try DeviceInFile(sectorSize: 512)
        let end = UInt64(image.length)
        for (position, expected) in [(end - 100, 100), (end, 0), (end + 1, 0), (UInt64.max, 0)] {
            let count = try image.read(at: position, 1000).count
            #expect(count == expected)
        }
    }

    @Test("A write that goes beyond the end is refused whole")
    func writeAtEnd() throws {
        let image = try DeviceInFile(sectorSize: 512)
        let end = UInt64(image.length)
        let before = image.stored(at: 0, image.length)
        for position in [end - 99, end, end + 1, UInt64.max] {
            var failure: SystemError?
            do { try image.write([UInt8](repeating: 1, count: 100), at: position) } catch { failure = error }
            #expect(failure == SystemError("write past the end of the vault", errno: ENOSPC))
        }
        let after = image.stored(at: 0, image.length + 512)
        let isUnchanged = after == before
        #expect(isUnchanged)
        try image.write([UInt8](repeating: 1, count: 100), at: end - 100)
    }

    @Test("Nothing can be written anywhere")
    func empty() throws {
        let image = try DeviceInFile(sectorSize: 512)
        #expect(throws: Never.self) { try image.write([], at: UInt64.max) }
    }

    @Test("An image that was cut short is an error where it is missing")
    func shortImage() throws {
        let image = try DeviceInFile(sectorSize: 512)
        #expect(ftruncate(image.file.raw, off_t(DeviceInFile.offset) + 1024) == 0)
        let there = try image.read(at: 0, 1024).count
        #expect(there == 1024)
        var failure: SystemError?
        do { _ = try image.read(at: 1024, 1) } catch { failure = error }
        #expect(failure == SystemError("read the vault's image", errno: EIO))
    }

    @Test("A flush that does not reach the disk is an error")
    func flush() throws {
        let image = try DeviceInFile(sectorSize: 512)
        try image.device.flush()
        let pipe = try Pipe()
        let device = PlainDevice(segment: image.device.segment, image: pipe.writing.raw, cipher: image.cipher)
        #expect(throws: SystemError("write the vault to the disk", errno: EINVAL)) { try device.flush() }
        _ = consume pipe
    }

    @Test("A write that the image refused is not forgotten before the end, though nobody flushed")
    func refusedWrite() throws {
        let image = try DeviceInFile(sectorSize: 512)
        let readOnly = try Descriptor.open("/proc/self/fd/\(image.file.raw)", O_RDONLY, stage: "open the image again")
        let device = PlainDevice(segment: image.device.segment, image: readOnly.raw, cipher: image.cipher)
        try device.finish()
        _ = [UInt8](repeating: 1, count: 512).withUnsafeBytes { bytes in
            #expect(throws: SystemError("write the vault's image", errno: EBADF)) { try device.write(bytes, at: 0) }
        }
        #expect(throws: SystemError("write the vault's image", errno: EBADF)) { try device.finish() }
        _ = consume readOnly
    }
}
