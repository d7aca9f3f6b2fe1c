/// A folder of ext4 as the blocks that hold its names, one after the other (kernel documentation, filesystems/ext4/directory.rst,
/// "Linear (Classic) Directories").
enum FolderBlocks {
    struct Name: Equatable {
        /// Up to 255 bytes.
        var text: [UInt8]
        var inode: UInt32
        /// One of EXT2_FT_.
        var type: UInt8
    }

    private static let headLength = 8
    /// Room for the checksum at a block's end, in the form of an entry without a name.
    private static let tail: [UInt8] = [0, 0, 0, 0, 12, 0, 0, 0xde, 0, 0, 0, 0]
    private static let folderType: UInt8 = 2

    /// - Parameters:
    ///   - itself: The folder's own inode.
    ///   - hasChecksum: Each block ends with one, which is left zero here.
    static func make(_ names: [Name], itself: UInt32, parent: UInt32, blockSize: Int, hasChecksum: Bool) -> [[UInt8]] {
        let own = [Name(text: [46], inode: itself, type: folderType), Name(text: [46, 46], inode: parent, type: folderType)]
        let room = blockSize - (hasChecksum ? tail.count : 0)
        var blocks: [[UInt8]] = []
        var block: [UInt8] = []
        var last = 0
        let finish = { (block: [UInt8], last: Int) -> [UInt8] in
            // The last entry reaches to the end.
            var block = block
            put(room - last, into: &block, at: last + 4)
            return block + [UInt8](repeating: 0, count: room - block.count) + (hasChecksum ? tail : [])
        }
        for name in own + names {
            let entry = encoded(name)
            if block.count + entry.count > room {
                blocks.append(finish(block, last))
                block = []
            }
            last = block.count
            block += entry
        }
        return blocks + [finish(block, last)]
    }

    private static func encoded(_ name: Name) -> [UInt8] {
        let text = name.text.prefix(255)
        let length = (headLength + text.count + 3) / 4 * 4
        var entry =
            (0..<4).map { UInt8(truncatingIfNeeded: name.inode >> UInt32(8 * $0)) } + [0, 0, UInt8(text.count), name.type] + text
        put(length, into: &entry, at: 4)
        return entry + [UInt8](repeating: 0, count: length - entry.count)
    }

    private static func put(_ number: Int, into bytes: inout [UInt8], at position: Int) {
        bytes[position] = UInt8(truncatingIfNeeded: number)
        bytes[position + 1] = UInt8(truncatingIfNeeded: number >> 8)
    }
}
