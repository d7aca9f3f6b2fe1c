import CLinux

/// Bytes in the secret heap, as many as come up to a limit: an answer while it arrives, a line of a request's head.
///
/// What a caller keeps of them it copies into a `SecretBuffer`.
struct SecretBytes: ~Copyable {
    private var memory: UnsafeMutableRawPointer?
    private var room = 0
    private(set) var count = 0
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    deinit {
        SecretHeap.release(memory)
    }

    /// - Returns: false when that is more than the limit, or than there is memory; then nothing is appended.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let source = bytes.baseAddress, bytes.count > 0 else { return true }
        guard bytes.count <= limit - count else { return false }
        let needed = count + bytes.count
        if needed > room {
            let newRoom = min(max(needed, 2 * room, 1024), limit)
            guard let grown = SecretHeap.reallocate(memory, newRoom) else { return false }
            memory = grown
            room = newRoom
        }
        guard let memory else { return false }
        (memory + count).copyMemory(from: source, byteCount: bytes.count)
        count = needed
        return true
    }

    mutating func append(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: memory, count: count))
    }
}
