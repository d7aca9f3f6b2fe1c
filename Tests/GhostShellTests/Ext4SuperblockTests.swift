import CExt2fs
import CLinux
import Linux
import Testing

@testable import GhostShell

/// A superblock in which only the fields that count are set.
private func superblock(
    blocks: UInt32 = 1000, high: UInt32 = 0, logBlockSize: UInt32 = 2, magic: UInt32 = 0xef53, incompatible: UInt32 = 0x2c2
) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1024)
    for (offset, value) in [(0x04, blocks), (0x18, logBlockSize), (0x38, magic), (0x60, incompatible), (0x150, high)] {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }
    return bytes
}

struct Ext4SuperblockTests {
    @Test(
        "The size is the number of blocks times their size",
        arguments: [(0, 1000 << 10), (1, 1000 << 11), (2, 1000 << 12), (6, 1000 << 16)] as [(UInt32, UInt64)])
    func size(logBlockSize: UInt32, size: UInt64) {
        #expect(Ext4Superblock(superblock(logBlockSize: logBlockSize))?.size == size)
    }

    @Test("The upper half of the count counts where the file system says that it has one")
    func high() {
        #expect(Ext4Superblock(superblock(blocks: 5, high: 3, incompatible: 0x80))?.size == (3 << 32 + 5) * 4096)
        #expect(Ext4Superblock(superblock(blocks: 5, high: 3, incompatible: 0x42))?.size == 5 * 4096)
    }

    @Test("A file system of most of 64 bits has a size, and one of more has none")
    func overflow() {
        let most = superblock(blocks: UInt32.max, high: 0x000f_ffff, incompatible: 0x80)
        #expect(Ext4Superblock(most)?.size == UInt64.max - 4095)
        #expect(Ext4Superblock(superblock(blocks: 0, high: 0x0010_0000, incompatible: 0x80)) == nil)
    }

    @Test("Its identity becomes options of mke2fs")
    func identity() {
        var bytes = superblock()
        bytes.replaceSubrange(0x68..<0x78, with: Array(UInt8(0x0a)...0x19))
        bytes.replaceSubrange(0x78..<0x88, with: Array("my label".utf8) + [UInt8](repeating: 0, count: 8))
        bytes[1] = 1
        let uuid = "0a0b0c0d-0e0f-1011-1213-141516171819"
        #expect(Ext4Superblock(bytes)?.identityOptions == ["-U", uuid, "-L", "my label", "-N", "256"])
    }

    @Test("What is used is what is not free, and no claim makes it negative")
    func used() {
        var bytes = superblock()
        bytes[0x0c] = 200
        #expect(Ext4Superblock(bytes)?.used == 800 * 4096)
        bytes[0x0d] = 0xff
        #expect(Ext4Superblock(bytes)?.used == 0)
    }

    @Test("Files can take what tables and journal leave, and nothing of a file system that claims more of these than it has")
    func capacity() {
        var bytes = superblock()
        bytes[0x14c + 1] = 0x40
        #expect(Ext4Superblock(bytes).map { $0.capacity < $0.size - 0x4000 && $0.capacity > $0.size / 2 } == false)
        bytes[0x20 + 2] = 1
        #expect(Ext4Superblock(bytes).map { $0.capacity < $0.size - 0x4000 && $0.capacity > $0.size / 2 } == true)
        bytes[0x14c + 3] = 0xff
        #expect(Ext4Superblock(bytes)?.capacity == 0)
    }

    @Test("Another magic number is no superblock", arguments: [0, 0xef54, 0x53ef, 0xef52] as [UInt32])
    func magic(magic: UInt32) {
        #expect(Ext4Superblock(superblock(magic: magic)) == nil)
    }

    @Test("What stands behind the magic number is not part of it")
    func state() {
        #expect(Ext4Superblock(superblock(magic: 0x0001_ef53)) != nil)
    }

    @Test("A block size beyond 64 KiB is none", arguments: [7, 54, UInt32.max] as [UInt32])
    func blockSize(logBlockSize: UInt32) {
        #expect(Ext4Superblock(superblock(logBlockSize: logBlockSize)) == nil)
    }

    @Test("Fewer bytes than a superblock has are none", arguments: [0, 1, 512, 1023])
    func short(count: Int) {
        #expect(Ext4Superblock(Array(superblock().prefix(count))) == nil)
    }

    @Test("It says how much is free, and whether its journal has to be replayed")
    func free() {
        var bytes = superblock()
        bytes[0x0c] = 10
        #expect(Ext4Superblock(bytes)?.free == 10 * 4096)
        #expect(Ext4Superblock(bytes)?.blockSize == 4096)
        #expect(Ext4Superblock(bytes)?.needsRecovery == false)
        #expect(Ext4Superblock(superblock(incompatible: 0x2c6))?.needsRecovery == true)
    }

    @Test("One that was unmounted in order is clean; what e2fsck would look at is not")
    func clean() throws {
        let device = try Descriptor.open("/dev/shm", O_RDWR | clinux_tmpfile_flag, mode: 0o600, stage: "make a file")
        ftruncate(device.raw, 16 << 20)
        let owner = Account(name: "user", uid: 1000, gid: 1000, home: "/", shell: "/bin/sh", groups: [])
        try Filesystem.make(on: device, owner: owner)
        let bytes = try device.read(1024, at: 1024, stage: "read")
        #expect(Ext4Superblock(bytes)?.isClean == true)
        #expect(Ext4Superblock(vouchedFor(bytes))?.isClean == true)
        // Not unmounted, with errors, with a journal to replay, with orphans, and with a number of mounts and a day to check it.
        for (offset, value) in [(0x3a, 0), (0x3a, 3), (0x60, bytes[0x60] | 4), (0xe8, 1), (0x36, 5), (0x44, 9)] as [(Int, UInt8)]
        {
            var other = bytes
            other[offset] = value
            if offset == 0x36 { other[0x37] = 0 }
            #expect(Ext4Superblock(vouchedFor(other))?.isClean == false, "\(offset)")
        }
        var unsure = bytes
        unsure[0x78] ^= 1
        #expect(Ext4Superblock(unsure)?.isClean == false)
        #expect(Ext4Superblock(vouchedFor(unsure))?.isClean == true)
    }

    /// With the checksum that belongs to it.
    private func vouchedFor(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let checksum = ext2fs_crc32c_le(UInt32.max, bytes, 0x3fc)
        for index in 0..<4 { bytes[0x3fc + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
        return bytes
    }
}
