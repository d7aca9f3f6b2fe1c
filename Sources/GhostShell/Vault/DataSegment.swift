import Contract

/// Where and how the file system lies in a vault's image: the one `crypt` segment of LUKS2 (on-disk format specification,
/// section 3.3), in the only form that TazPod opens.
struct DataSegment: Equatable {
    /// Bytes from the start of the image.
    var offset: UInt64
    /// Bytes of plain data.
    var length: UInt64
    /// 512, or 4096 where every encrypted unit is one page.
    var sectorSize: UInt64
    /// Added to the number of a 512-byte sector to give its initialization vector.
    var ivTweak: UInt64

    /// Checks what the header says against the image's length, in bytes.
    ///
    /// - Throws: code 6 when the image is too short or not whole sectors: it was truncated.
    init(offset: UInt64, sectorSize: UInt64, ivTweak: UInt64, imageLength: UInt64) throws(Failure) {
        guard sectorSize == 512 || sectorSize == 4096 else {
            throw Failure(.vault, "the vault has sectors of \(sectorSize) bytes; TazPod opens 512 and 4096")
        }
        guard imageLength > offset, (imageLength - offset) % sectorSize == 0 else {
            throw Failure(.vault, "the vault's image is truncated: it ends at \(imageLength) bytes; restore it from a backup")
        }
        self.offset = offset
        self.length = imageLength - offset
        self.sectorSize = sectorSize
        self.ivTweak = ivTweak
    }

    /// The initialization vector of the sector that begins at byte `position` of the plain data: the number of its first
    /// 512-byte sector, also where sectors have 4096 bytes, counted from the segment's start ("plain64").
    func initializationVector(at position: UInt64) -> UInt64 {
        position / 512 &+ ivTweak
    }

    /// `range` of the plain data, widened to whole sectors.
    func wholeSectors(around range: Range<UInt64>) -> Range<UInt64> {
        let start = range.lowerBound / sectorSize * sectorSize
        let end = (range.upperBound + sectorSize - 1) / sectorSize * sectorSize
        return start..<min(end, length)
    }
}
