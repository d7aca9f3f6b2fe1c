import CCrypto
import CLinux
import Synchronization

/// Where libcrypto keeps expanded keys: locked pages that no core dump shows. Its own secure heap does not cover cipher
/// contexts, so its allocator is replaced for as long as one is made (CRYPTO_set_mem_functions(3)).
enum KeyMemory {
    /// Room for about a hundred contexts of AES-XTS; more of them would be on the ordinary heap.
    private static let size = 128 * 1024

    private static let isActive = Atomic<Bool>(false)
    private static let base = Atomic<UInt>(0)
    private static let used = Atomic<Int>(0)

    /// Must run before libcrypto allocates anything.
    ///
    /// - Returns: false when it already has.
    static func install() -> Bool {
        CRYPTO_set_mem_functions(
            { size, _, _ in KeyMemory.allocate(size) },
            { old, size, _, _ in KeyMemory.reallocate(old, size) },
            { pointer, _, _ in KeyMemory.release(pointer) }) == 1
    }

    /// Gets the pages, in the process that will hold the key: they do not outlive a fork.
    ///
    /// - Returns: false when they cannot be locked.
    static func prepare() -> Bool {
        guard let memory = clinux_map_private_memory(size) else { return false }
        if Defence.lockedMemory.isOn && mlock(memory, size) != 0 { return false }
        madvise(memory, size, MADV_DONTDUMP)
        madvise(memory, size, MADV_WIPEONFORK)
        base.store(UInt(bitPattern: memory), ordering: .releasing)
        return true
    }

    /// What libcrypto allocates in `body` is key memory.
    static func use<Result>(_ body: () -> Result) -> Result {
        isActive.store(true, ordering: .sequentiallyConsistent)
        defer { isActive.store(false, ordering: .sequentiallyConsistent) }
        return body()
    }

    /// Each piece begins with its size, which `reallocate` needs.
    private static let headerSize = 16

    private static func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        let start = base.load(ordering: .acquiring)
        if isActive.load(ordering: .sequentiallyConsistent), start != 0, size > 0, size < KeyMemory.size {
            let whole = (size + headerSize + 15) / 16 * 16
            let end = used.add(whole, ordering: .relaxed).newValue
            if end <= KeyMemory.size, let piece = UnsafeMutableRawPointer(bitPattern: start + UInt(end - whole)) {
                piece.storeBytes(of: size, as: Int.self)
                return piece + headerSize
            }
        }
        return malloc(size)
    }

    private static func owns(_ pointer: UnsafeMutableRawPointer) -> Bool {
        let start = base.load(ordering: .acquiring)
        return start != 0 && UInt(bitPattern: pointer) &- start < UInt(size)
    }

    private static func reallocate(_ old: UnsafeMutableRawPointer?, _ size: Int) -> UnsafeMutableRawPointer? {
        guard let old, owns(old) else { return realloc(old, size) }
        guard let new = allocate(size) else { return nil }
        let oldSize = (old - headerSize).load(as: Int.self)
        new.copyMemory(from: old, byteCount: min(oldSize, size))
        explicit_bzero(old, oldSize)
        return new
    }

    /// A piece is wiped, not used again: contexts are few and live as long as the server.
    private static func release(_ pointer: UnsafeMutableRawPointer?) {
        guard let pointer, owns(pointer) else {
            free(pointer)
            return
        }
        explicit_bzero(pointer, (pointer - headerSize).load(as: Int.self))
    }
}
