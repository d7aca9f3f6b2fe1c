import CLinux
import Synchronization

/// Page-aligned memory for requests, used again and again: fresh pages for each large request would cost more than to encrypt them.
final class ScratchPool: Sendable {
    /// A request may touch a part of a sector at either end.
    private static let size = FuseServer.largestRequest + 2 * 4096
    private static let alignment = 4096

    private struct Buffers: ~Copyable, @unchecked Sendable {
        var free: [UnsafeMutableRawPointer] = []

        deinit {
            for buffer in free { buffer.deallocate() }
        }
    }

    private let buffers = Mutex(Buffers())

    /// Runs `body` with `length` bytes of memory that nobody else uses meanwhile. What is in it is left over from other requests.
    func use<Failure>(
        _ length: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        guard length <= ScratchPool.size else {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: ScratchPool.alignment)
            defer { buffer.deallocate() }
            return try body(buffer)
        }
        let buffer = take()
        defer { giveBack(buffer) }
        try body(UnsafeMutableRawBufferPointer(start: buffer, count: length))
    }

    private func take() -> UnsafeMutableRawPointer {
        let free = buffers.withLock { buffers in
            nonisolated(unsafe) let buffer = buffers.free.popLast()
            return buffer
        }
        return free ?? .allocate(byteCount: ScratchPool.size, alignment: ScratchPool.alignment)
    }

    private func giveBack(_ buffer: UnsafeMutableRawPointer) {
        nonisolated(unsafe) let buffer = buffer
        buffers.withLock { $0.free.append(buffer) }
    }
}
