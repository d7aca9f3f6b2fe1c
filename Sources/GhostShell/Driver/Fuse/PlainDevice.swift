import CLinux
import Contract
import Linux
import Synchronization

/// The plain block device that a vault's image holds: reads decrypt, writes encrypt, at any byte position.
///
/// Whole sectors go straight through and side by side. A write of part of a sector reads, changes and writes it again, so it
/// excludes all other writes.
final class PlainDevice: @unchecked Sendable {
    let segment: DataSegment
    private let image: Int32
    private let cipher: BlockCipher
    private let scratchPool = ScratchPool()
    private let partialWrites: UnsafeMutablePointer<pthread_rwlock_t>
    /// The errno of the first write or flush that the image refused; 0 while there is none.
    private let firstRefusal = Atomic<Int32>(0)

    /// - Parameter image: An open descriptor of the image that outlives this value and stays the caller's.
    init(segment: DataSegment, image: Int32, cipher: BlockCipher) {
        self.segment = segment
        self.image = image
        self.cipher = cipher
        partialWrites = .allocate(capacity: 1)
        pthread_rwlock_init(partialWrites, nil)
    }

    deinit {
        pthread_rwlock_destroy(partialWrites)
        partialWrites.deallocate()
    }

    /// Reads up to `length` bytes at `position` and hands them to `body`; fewer at the end of the device.
    ///
    /// - Throws: the errno of the image's own read, EIO for a short one.
    func read(at position: UInt64, length: Int, _ body: (UnsafeRawBufferPointer) -> Void) throws(SystemError) {
        guard position < segment.length else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        let length = Int(min(UInt64(length), segment.length - position))
        let span = sectors(position, length)
        try scratchPool.use(span.length) { scratch throws(SystemError) in
            try load(scratch, span.start)
            body(UnsafeRawBufferPointer(rebasing: scratch[Int(position - span.start)..<(Int(position - span.start) + length)]))
        }
    }

    /// Writes `data` at `position`, which must end within the device.
    ///
    /// - Throws: ENOSPC past the end of the device, or the errno of the image's own write.
    func write(_ data: UnsafeRawBufferPointer, at position: UInt64) throws(SystemError) {
        guard let bytes = data.baseAddress, data.count > 0 else { return }
        guard position <= segment.length, UInt64(data.count) <= segment.length - position else {
            throw SystemError("write past the end of the vault", errno: ENOSPC)
        }
        let span = sectors(position, data.count)
        let isWhole = span.start == position && span.length == data.count
        if isWhole {
            pthread_rwlock_rdlock(partialWrites)
        } else {
            pthread_rwlock_wrlock(partialWrites)
        }
        defer { pthread_rwlock_unlock(partialWrites) }
        try scratchPool.use(span.length) { scratch throws(SystemError) in
            guard let start = scratch.baseAddress else { return }
            var source = bytes
            if !isWhole {
                try load(scratch, span.start)
                (start + Int(position - span.start)).copyMemory(from: bytes, byteCount: data.count)
                source = UnsafeRawPointer(start)
            }
            guard cipher.encrypt(from: source, to: start, length: span.length, position: span.start) else {
                throw SystemError("encrypt", errno: EIO)
            }
            try noting { () throws(SystemError) in
                try transfer("write the vault's image", scratch, span.start) { pwrite(image, $0, $1, $2) }
            }
        }
    }

    /// Brings everything written so far to the disk.
    func flush() throws(SystemError) {
        guard Defence.flush.isOn else { return }
        try noting { () throws(SystemError) in try retrying("write the vault to the disk") { fdatasync(image) } }
    }

    /// Flushes for the last time.
    ///
    /// - Throws: the errno of the first write or flush that was refused: something may be missing in the image, also if its
    ///   writer has never asked.
    func finish() throws(SystemError) {
        try flush()
        let errno = firstRefusal.load(ordering: .relaxed)
        if errno != 0 { throw SystemError("write the vault's image", errno: errno) }
    }

    private func noting(_ body: () throws(SystemError) -> Void) throws(SystemError) {
        do {
            try body()
        } catch {
            _ = firstRefusal.compareExchange(expected: 0, desired: error.errno, ordering: .relaxed)
            throw error
        }
    }

    private func load(_ scratch: UnsafeMutableRawBufferPointer, _ start: UInt64) throws(SystemError) {
        guard let base = scratch.baseAddress else { return }
        try transfer("read the vault's image", scratch, start) { pread(image, $0, $1, $2) }
        guard cipher.decrypt(from: base, to: base, length: scratch.count, position: start) else {
            throw SystemError("decrypt", errno: EIO)
        }
    }

    /// The whole sectors around a range of bytes.
    private func sectors(_ position: UInt64, _ length: Int) -> (start: UInt64, length: Int) {
        let size = segment.sectorSize
        let start = position / size * size
        let end = (position + UInt64(length) + size - 1) / size * size
        return (start, Int(end - start))
    }

    /// Repeats a positioned read or write of the image until all of `buffer` is done.
    private func transfer(
        _ stage: String, _ buffer: UnsafeMutableRawBufferPointer, _ position: UInt64,
        _ call: (UnsafeMutableRawPointer, Int, off_t) -> Int
    ) throws(SystemError) {
        guard let base = buffer.baseAddress else { return }
        var done = 0
        while done < buffer.count {
            let offset = off_t(segment.offset + position) + off_t(done)
            let count = try retrying(stage) { call(base + done, buffer.count - done, offset) }
            // The image is shorter than when it was opened.
            if count == 0 { throw SystemError(stage, errno: EIO) }
            done += count
        }
    }
}
