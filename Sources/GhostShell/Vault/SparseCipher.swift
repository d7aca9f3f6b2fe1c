import CLinux
import Contract
import Linux

/// Moves a vault's data between its image and a plain file of the same length, without what was never written.
///
/// A sector of the image that is all zero was never written: no plain text encrypts to that. So was a hole. In the plain file both
/// are holes, and what is a hole there stays one in a new image.
struct SparseCipher {
    let segment: DataSegment
    let cipher: BlockCipher

    private static let chunk = 1 << 20

    /// Fills `plain`, which is all hole, from `image`.
    func decrypt(_ image: borrowing Descriptor, into plain: borrowing Descriptor) throws(SystemError) {
        let buffer = ScratchBuffer(SparseCipher.chunk)
        try forEachPiece(of: image, from: segment.offset, buffer) { piece, position throws(SystemError) in
            for run in writtenRuns(in: piece) {
                let start = position + UInt64(run.lowerBound)
                let part = UnsafeMutableRawBufferPointer(rebasing: piece[run])
                guard let base = part.baseAddress,
                    cipher.decrypt(from: base, to: base, length: part.count, position: start)
                else { throw SystemError("decrypt the vault", errno: EIO) }
                try plain.write(part, at: start, stage: "keep the vault in memory")
            }
        }
    }

    /// Fills the data of `image` from `plain`.
    func encrypt(_ plain: borrowing Descriptor, into image: borrowing Descriptor) throws(SystemError) {
        let buffer = ScratchBuffer(SparseCipher.chunk)
        try forEachPiece(of: plain, from: 0, buffer) { piece, position throws(SystemError) in
            guard let base = piece.baseAddress,
                cipher.encrypt(from: base, to: base, length: piece.count, position: position)
            else { throw SystemError("encrypt the vault", errno: EIO) }
            try image.write(piece, at: segment.offset + position, stage: "write the vault's new image")
        }
    }

    /// Copies what comes before the data: the header in both copies, and the key slots.
    func copyHeader(of image: borrowing Descriptor, to target: borrowing Descriptor) throws(SystemError) {
        let buffer = ScratchBuffer(SparseCipher.chunk)
        var position: UInt64 = 0
        while let range = try Extents.next(in: image, from: position, to: segment.offset) {
            position = range.lowerBound
            while position < range.upperBound {
                let piece = buffer.prefix(Int(min(range.upperBound - position, UInt64(SparseCipher.chunk))))
                try image.read(piece, at: position, stage: "read the vault's header")
                try target.write(piece, at: position, stage: "write the vault's new image")
                position += UInt64(piece.count)
            }
        }
    }

    /// Calls `body` with whole sectors of what `file` holds beyond `start`, and their place in the plain data.
    private func forEachPiece(
        of file: borrowing Descriptor, from start: UInt64, _ buffer: borrowing ScratchBuffer,
        _ body: (UnsafeMutableRawBufferPointer, UInt64) throws(SystemError) -> Void
    ) throws(SystemError) {
        let end = start + segment.length
        var position: UInt64 = 0
        while let range = try Extents.next(in: file, from: start + position, to: end) {
            let wanted = segment.wholeSectors(around: (range.lowerBound - start)..<(range.upperBound - start))
            position = max(position, wanted.lowerBound)
            while position < wanted.upperBound {
                let piece = buffer.prefix(Int(min(wanted.upperBound - position, UInt64(SparseCipher.chunk))))
                try file.read(piece, at: start + position, stage: "read the vault")
                try body(piece, position)
                position += UInt64(piece.count)
            }
        }
    }

    /// The runs of sectors in `piece` that are not all zero.
    private func writtenRuns(in piece: UnsafeMutableRawBufferPointer) -> [Range<Int>] {
        let sector = Int(segment.sectorSize)
        var runs: [Range<Int>] = []
        for start in stride(from: 0, to: piece.count, by: sector) where !piece[start..<(start + sector)].isAllZero {
            if let last = runs.last, last.upperBound == start {
                runs[runs.count - 1] = last.lowerBound..<(start + sector)
            } else {
                runs.append(start..<(start + sector))
            }
        }
        return runs
    }
}
