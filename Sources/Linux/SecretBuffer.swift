import CLinux

/// Memory for a passphrase, a key or a token: on pages of its own, locked against swap, left out of core dumps, zero in a
/// forked child, wiped when this value ends (mlock(2), madvise(2)).
///
/// The one type that a secret is kept in.
public struct SecretBuffer: ~Copyable {
    private let memory: UnsafeMutableRawPointer
    private let mapped: Int
    /// How many bytes the buffer can hold.
    public let capacity: Int
    /// How many of them are filled.
    public private(set) var count = 0

    /// - Parameter mayBeUnlocked: The caller knows that nothing is swapped to a disk, and that limits on locked memory are small.
    /// - Throws: ENOMEM when the memory cannot be locked: a secret that could be swapped out is not accepted.
    public init(capacity: Int, mayBeUnlocked: Bool = false) throws(SystemError) {
        let page = Int(getpagesize())
        let mapped = (max(capacity, 1) + page - 1) / page * page
        let memory = try SecretBuffer.lockedMemory(mapped, mayBeUnlocked: mayBeUnlocked)
        self.memory = memory
        self.mapped = mapped
        self.capacity = capacity
    }

    private static func lockedMemory(_ length: Int, mayBeUnlocked: Bool) throws(SystemError) -> UnsafeMutableRawPointer {
        guard let memory = clinux_map_private_memory(length) else { throw .last("get memory for a secret") }
        do throws(SystemError) {
            try retrying("lock memory for a secret (ulimit -l)") {
                let result = mlock(memory, length)
                return mayBeUnlocked ? 0 : result
            }
            try retrying("keep a secret out of core dumps") { madvise(memory, length, MADV_DONTDUMP) }
            try retrying("keep a secret out of forked processes") { madvise(memory, length, MADV_WIPEONFORK) }
        } catch {
            munmap(memory, length)
            throw error
        }
        return memory
    }

    deinit {
        explicit_bzero(memory, mapped)
        munlock(memory, mapped)
        munmap(memory, mapped)
    }

    /// Another buffer with the same bytes.
    public func duplicate() throws(SystemError) -> SecretBuffer {
        var copy = try SecretBuffer(capacity: capacity)
        copy.fill { target in
            withBytes { target.copyMemory(from: $0) }
            return count
        }
        return copy
    }

    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    /// Lets `body` fill the buffer; it returns how many bytes it wrote.
    public mutating func fill(_ body: (UnsafeMutableRawBufferPointer) -> Int) {
        count = min(max(body(UnsafeMutableRawBufferPointer(start: memory, count: capacity)), 0), capacity)
    }

    /// Appends one byte; false when the buffer is full.
    public mutating func append(_ byte: UInt8) -> Bool {
        guard count < capacity else { return false }
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
        return true
    }

    /// Appends one line of `descriptor`, without its newline, read byte by byte: what follows belongs to somebody else.
    ///
    /// - Returns: false when the input ended before there was anything.
    /// - Throws: EMSGSIZE when the line is longer than the buffer.
    public mutating func appendLine(from descriptor: Int32) throws(SystemError) -> Bool {
        let stage = "read the passphrase"
        while true {
            var byte: UInt8 = 0
            let got = try retrying(stage) { read(descriptor, &byte, 1) }
            if got == 0 { return count > 0 }
            if byte == UInt8(ascii: "\n") { return true }
            guard append(byte) else { throw SystemError(stage, errno: EMSGSIZE) }
        }
    }

    /// Appends all that `descriptor` has.
    ///
    /// - Throws: EMSGSIZE when that is more than the buffer holds.
    public mutating func appendAll(from descriptor: Int32) throws(SystemError) {
        let stage = "read the key file"
        while true {
            var byte: UInt8 = 0
            if try retrying(stage, { read(descriptor, &byte, 1) }) == 0 { return }
            guard append(byte) else { throw SystemError(stage, errno: EMSGSIZE) }
        }
    }
}
