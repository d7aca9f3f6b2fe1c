import CLinux
import Linux

/// Page-aligned memory, wiped when it ends.
struct ScratchBuffer: ~Copyable {
    private let memory: UnsafeMutableRawBufferPointer

    init(_ count: Int) {
        memory = .allocate(byteCount: count, alignment: 4096)
    }

    deinit {
        if let base = memory.baseAddress { explicit_bzero(base, memory.count) }
        memory.deallocate()
    }

    func prefix(_ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[0..<count])
    }
}

/// What of a file is no hole (lseek(2), SEEK_DATA).
enum Extents {
    /// The next range of data at or after `position`, cut at `end`; nil when there is none.
    static func next(
        in file: borrowing Descriptor, from position: UInt64, to end: UInt64
    ) throws(SystemError) -> Range<UInt64>? {
        guard position < end else { return nil }
        let start = lseek(file.raw, off_t(clamping: position), clinux_seek_data)
        if start < 0, clinux_errno() == ENXIO { return nil }
        guard start >= 0 else { throw .last("find the data of a file") }
        guard UInt64(start) < end else { return nil }
        let stop = try retrying("find the data of a file") { lseek(file.raw, start, clinux_seek_hole) }
        return UInt64(start)..<min(UInt64(stop), end)
    }
}

extension Slice where Base == UnsafeMutableRawBufferPointer {
    var isAllZero: Bool {
        guard let base = base.baseAddress, count > 0 else { return true }
        let start = base + startIndex
        // Equal to itself one byte further on, and zero in the first.
        return start.load(as: UInt8.self) == 0 && memcmp(start, start + 1, count - 1) == 0
    }
}

extension Descriptor {
    /// Reads exactly as much as `piece` holds.
    func read(_ piece: UnsafeMutableRawBufferPointer, at position: UInt64, stage: String) throws(SystemError) {
        var done = 0
        while done < piece.count {
            let count = try retrying(stage) {
                pread(raw, piece.baseAddress.map { $0 + done }, piece.count - done, off_t(position) + off_t(done))
            }
            if count == 0 { throw SystemError(stage, errno: EIO) }
            done += count
        }
    }

    /// Writes all of `piece`.
    func write(_ piece: UnsafeMutableRawBufferPointer, at position: UInt64, stage: String) throws(SystemError) {
        var done = 0
        while done < piece.count {
            done += try retrying(stage) {
                pwrite(raw, piece.baseAddress.map { $0 + done }, piece.count - done, off_t(position) + off_t(done))
            }
        }
    }
}
