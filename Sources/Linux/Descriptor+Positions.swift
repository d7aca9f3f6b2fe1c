import CLinux

extension Descriptor {
    private static let chunk = 1 << 20

    /// Reads up to `count` bytes at `position`: fewer at the end of the file.
    public func read(_ count: UInt64, at position: UInt64, stage: String) throws(SystemError) -> [UInt8] {
        guard let count = Int(exactly: count), let position = off_t(exactly: position) else {
            throw SystemError(stage, errno: EFBIG)
        }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = try retrying(stage) {
                bytes.withUnsafeMutableBytes {
                    pread(raw, $0.baseAddress.map { $0 + done }, count - done, position + off_t(done))
                }
            }
            if got == 0 { break }
            done += got
        }
        bytes.removeLast(count - done)
        return bytes
    }

    /// Writes all of `bytes` at `position`.
    public func write(_ bytes: [UInt8], at position: UInt64, stage: String) throws(SystemError) {
        guard let position = off_t(exactly: position) else { throw SystemError(stage, errno: EFBIG) }
        var done = 0
        while done < bytes.count {
            done += try retrying(stage) {
                bytes.withUnsafeBytes {
                    pwrite(raw, $0.baseAddress.map { $0 + done }, bytes.count - done, position + off_t(done))
                }
            }
        }
    }

    /// Copies the bytes in `range`, or what there is of them, to the same places of `other`. Holes stay holes.
    public func copy(_ range: Range<UInt64>, to other: borrowing Descriptor, stage: String) throws(SystemError) {
        var position = range.lowerBound
        while position < range.upperBound {
            let data = lseek(raw, off_t(clamping: position), SEEK_DATA)
            if data < 0 {
                // ENXIO: from here on there is a hole.
                if clinux_errno() == ENXIO { return }
                throw SystemError.last(stage)
            }
            position = max(position, UInt64(data))
            guard position < range.upperBound else { return }
            let bytes = try read(min(UInt64(Descriptor.chunk), range.upperBound - position), at: position, stage: stage)
            if bytes.isEmpty { return }
            try other.write(bytes, at: position, stage: stage)
            position += UInt64(bytes.count)
        }
    }
}
